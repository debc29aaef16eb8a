//! Records that are JSON, one a line: journald's export (`journalctl -o json`), and programs that log JSON.

use hydra_graph::Timestamp;
use serde_json::Value;

use super::level::Level;
use super::timestamp::Calendar;

/// Names that programs give to the time, the level and the message.
const TIMES: [&str; 6] = ["timestamp", "time", "ts", "@timestamp", "t", "datetime"];
const LEVELS: [&str; 5] = ["level", "severity", "lvl", "levelname", "log.level"];
const MESSAGES: [&str; 5] = ["message", "msg", "event", "MESSAGE", "text"];

/// A line of JSON, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Structured {
    pub at: Option<Timestamp>,
    pub level: Option<Level>,
    /// What it says, with the unit in front if it has one.
    pub message: String,
    /// Whether the message is all there is to keep: the rest of a journald entry tells of the machine.
    pub is_whole: bool,
}

/// Reads a line that is an object with a message; `None` if it is anything else.
pub(crate) fn read(line: &str, calendar: &mut Calendar) -> Option<Structured> {
    if !line.starts_with('{') {
        return None;
    }
    let Ok(Value::Object(fields)) = serde_json::from_str(line) else { return None };
    let first = |names: &[&str]| names.iter().find_map(|name| fields.get(*name));
    if let Some(at) = fields.get("__REALTIME_TIMESTAMP") {
        let micros = number(at)?;
        let said = text(fields.get("MESSAGE")?)?;
        let unit = ["_SYSTEMD_UNIT", "SYSLOG_IDENTIFIER", "_COMM"].iter().find_map(|name| fields.get(*name)?.as_str());
        let message = unit.map_or_else(|| said.clone(), |unit| format!("{unit}: {said}"));
        return Some(Structured {
            at: i64::try_from(micros / 1_000).ok().map(Timestamp::from_millis),
            level: fields.get("PRIORITY").and_then(number).and_then(Level::of_priority),
            message,
            is_whole: true,
        });
    }
    let at = first(&TIMES).and_then(|at| match at {
        Value::String(at) => calendar.stamp(at).map(|stamp| stamp.at),
        // Seconds may have a fraction, which is kept by reading their text.
        Value::Number(at) => calendar.stamp(&at.to_string()).map(|stamp| stamp.at),
        _ => None,
    });
    let level = first(&LEVELS).and_then(|level| match level {
        Value::String(level) => Level::of_word(level),
        // As pino and bunyan count.
        Value::Number(level) => level.as_u64().map(|level| match level {
            0..20 => Level::Trace,
            20..30 => Level::Debug,
            30..40 => Level::Info,
            40..50 => Level::Warning,
            50..60 => Level::Error,
            _ => Level::Critical,
        }),
        _ => None,
    });
    Some(Structured { at, level, message: text(first(&MESSAGES)?)?, is_whole: false })
}

/// A string, or the bytes that journald writes for what is no UTF-8.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(bytes) => {
            let bytes: Option<Vec<u8>> = bytes.iter().map(|byte| u8::try_from(byte.as_u64()?).ok()).collect();
            Some(String::from_utf8_lossy(&bytes?).into_owned())
        }
        _ => None,
    }
}

/// Numbers are strings in journald's export.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    fn of(line: &str) -> Option<(String, Option<Level>, String)> {
        let mut calendar = Calendar::new(TimeZone::UTC, "2026-12-11T00:00:00Z".parse().unwrap());
        let read = read(line, &mut calendar)?;
        Some((read.at.map(|at| at.to_string()).unwrap_or_default(), read.level, read.message))
    }

    #[test]
    fn journald_has_its_own_fields() {
        let line = r#"{"MESSAGE":"it broke","PRIORITY":"3","_SYSTEMD_UNIT":"a.service","__REALTIME_TIMESTAMP":"1733813746123456"}"#;
        let read = of(line).unwrap();
        assert_eq!(read, ("2024-12-10T06:55:46.123Z".into(), Some(Level::Error), "a.service: it broke".into()));
        let bytes = r#"{"MESSAGE":[104,105,255],"__REALTIME_TIMESTAMP":"1733813746123456"}"#;
        assert_eq!(of(bytes).unwrap().2, "hi\u{fffd}");
        for bad in [r#"{"MESSAGE":[300],"__REALTIME_TIMESTAMP":"1"}"#, r#"{"MESSAGE":null,"__REALTIME_TIMESTAMP":"1"}"#]
        {
            assert_eq!(of(bad), None);
        }
    }

    #[test]
    fn programs_name_the_same_things_differently() {
        let read = of(r#"{"time":"2026-12-10T06:55:46Z","level":"warn","msg":"slow"}"#).unwrap();
        assert_eq!(read, ("2026-12-10T06:55:46Z".into(), Some(Level::Warning), "slow".into()));
        let read = of(r#"{"ts":1733813746.5,"level":50,"message":"gone"}"#).unwrap();
        assert_eq!(read, ("2024-12-10T06:55:46.5Z".into(), Some(Level::Error), "gone".into()));
        assert_eq!(of(r#"{"a":1}"#), None);
        assert_eq!(of("{broken"), None);
    }
}
