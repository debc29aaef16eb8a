//! What stands before a record's message: time, host and program, process, level, thread, logger.
//!
//! Only the message is mined for a template: a process id in front of each would else be a parameter of all of them.

use hydra_graph::Timestamp;

use super::level::Level;
use super::timestamp::{Calendar, Stamp};

/// Words looked at before the message, so that a message is never eaten whole.
const MAX_PARTS: usize = 8;
/// A thread or logger in brackets is no longer than this.
const MAX_BRACKETS_BYTES: usize = 64;

/// The header of a line, read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header<'l> {
    pub at: Option<Timestamp>,
    pub level: Option<Level>,
    /// What is left of the line.
    pub message: &'l str,
}

/// Reads the header of a line.
pub(crate) fn read<'l>(line: &'l str, calendar: &mut Calendar) -> Header<'l> {
    let bare = without_priority(line);
    if let Some(header) = klog(bare, calendar) {
        return header;
    }
    let mut header = Header { at: None, level: None, message: bare };
    let stamp = calendar.stamp(bare).map(|stamp| (stamp, bare)).or_else(|| {
        // `INFO 2026-12-10 06:55:46 …`, `[INFO] 2026-…`
        let (word, rest) = first_word(bare)?;
        let level = Level::of_word(word.trim_matches(['[', ']', ':', '<', '>']))?;
        let rest = rest.trim_start_matches([' ', '\t', '-', '|', ':']);
        let stamp = calendar.stamp(rest)?;
        header.level = Some(level);
        Some((stamp, rest))
    });
    match stamp {
        Some((stamp, text)) => {
            header.at = Some(stamp.at);
            let rest = text[stamp.end..].trim_start_matches([']', ' ', '\t', '-', '|', ':', ',', '"']);
            parts(rest, stamp, &mut header);
        }
        None => match calendar.access(bare) {
            // Who asked and for whom stays in the message: that is what differs.
            Some(stamp) => header.at = Some(stamp.at),
            None => parts(bare, Stamp { at: Timestamp::from_millis(0), end: 0, is_syslog: false }, &mut header),
        },
    }
    header
}

/// Takes off what syslog puts before a line that comes from the network: `<34>` or `<34>1 `.
fn without_priority(line: &str) -> &str {
    let Some((number, rest)) = line.strip_prefix('<').and_then(|rest| rest.split_once('>')) else { return line };
    let is_priority = (1..=3).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    if is_priority { rest.strip_prefix("1 ").unwrap_or(rest) } else { line }
}

/// `I1210 06:55:46.123456   12345 file.go:123] message`
fn klog<'l>(line: &'l str, calendar: &mut Calendar) -> Option<Header<'l>> {
    let level = Level::of_klog(*line.as_bytes().first()?)?;
    let stamp = calendar.klog(&line[1..])?;
    let rest = &line[1 + stamp.end..];
    let message = rest.split_once("] ").map_or(rest, |(_, message)| message);
    Some(Header { at: Some(stamp.at), level: Some(level), message: message.trim_start() })
}

/// Goes over what is no message yet.
fn parts<'l>(text: &'l str, stamp: Stamp, header: &mut Header<'l>) {
    let mut rest = text.trim_start();
    if stamp.end > 0 {
        rest = after_program(rest, stamp.is_syslog);
    }
    for _ in 0..MAX_PARTS {
        let Some((word, after)) = first_word(rest) else { break };
        let bare = word.trim_matches(['[', ']', ':', '|', '(', ')', ',', '<', '>']);
        if let Some(level) = Level::of_word(bare).filter(|_| header.level.is_none()) {
            header.level = Some(level);
            // `error: …` is how a message begins; `ERROR …` and `[error] …` are columns.
            if word.ends_with(':') && stamp.end > 0 && bare.starts_with(|c: char| c.is_lowercase()) {
                break;
            }
        } else if stamp.end == 0 {
            // Without a time there are no columns, but for a level.
            break;
        } else if word.starts_with('[') {
            // A thread's name may have spaces.
            let Some(close) = rest.get(..MAX_BRACKETS_BYTES.min(rest.len())).and_then(|start| start.find(']')) else {
                break;
            };
            let inside = &rest[1..close];
            let level = inside.split([':', ' ']).find_map(Level::of_word);
            header.level = header.level.or(level);
            rest = rest[close + 1..].trim_start_matches([' ', '\t', ':', '-']);
            continue;
        } else if !(is_number(bare) || word.chars().all(|c| "-|:–".contains(c)) || is_logger(word, after, header.level))
        {
            break;
        }
        if after.is_empty() {
            break;
        }
        rest = after.trim_start();
    }
    header.message = rest;
}

/// Goes over `host program[123]: `, where a line has that.
fn after_program(text: &str, is_syslog: bool) -> &str {
    let Some((host, rest)) = first_word(text) else { return text };
    let Some((program, message)) = first_word(rest.trim_start()) else { return text };
    let has_process =
        program.strip_suffix("]:").and_then(|tag| tag.rsplit_once('[')).is_some_and(|(_, id)| is_number(id));
    let is_host = host.chars().all(|c| c.is_alphanumeric() || "._-".contains(c)) && Level::of_word(host).is_none();
    let is_program = has_process || (is_syslog && program.len() > 1 && program.ends_with(':'));
    if is_host && is_program && !message.trim().is_empty() { message.trim_start() } else { text }
}

/// `123`, or nginx' `123#0:`.
fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit()) && word.chars().all(|c| c.is_ascii_digit() || c == '#')
}

/// `dfs.DataNode$PacketResponder:`, `hydra_graph::writer:` or `c.e.App -` behind a level, or `app.db - ERROR -`.
fn is_logger(word: &str, after: &str, level: Option<Level>) -> bool {
    let mut next = after.split_whitespace();
    let between = next.next().filter(|word| ["-", ":"].contains(word));
    let name = word.strip_suffix(':').or(between.map(|_| word));
    let Some(name) = name.filter(|name| name.chars().all(|c| c.is_alphanumeric() || "._$:-/@".contains(c))) else {
        return false;
    };
    match level {
        Some(_) => name.contains('.') || name.contains('$') || name.contains("::"),
        None => between.is_some() && next.next().and_then(Level::of_word).is_some(),
    }
}

fn first_word(text: &str) -> Option<(&str, &str)> {
    let end = text.find([' ', '\t']).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    fn check(line: &str, level: Option<Level>, message: &str) {
        let mut calendar = Calendar::new(TimeZone::UTC, "2026-12-11T00:00:00Z".parse().unwrap());
        let header = read(line, &mut calendar);
        assert_eq!((header.level, header.message), (level, message), "{line}");
    }

    #[test]
    fn the_message_is_what_comes_after_the_columns() {
        use Level::{Critical, Error, Info, Warning};
        check(
            "081109 203615 148 INFO dfs.DataNode$PacketResponder: PacketResponder 1 for block b",
            Some(Info),
            "PacketResponder 1 for block b",
        );
        check("Dec 10 06:55:46 LabSZ sshd[24200]: Invalid user webmaster", None, "Invalid user webmaster");
        check("Dec 10 06:55:46 LabSZ sshd[2]: error: no route", Some(Error), "error: no route");
        check("Dec 10 06:55:46 box kernel: oom", None, "oom");
        check("2026-12-10T06:55:46+00:00 box cron[7]: (root) CMD", None, "(root) CMD");
        check("2026-12-10 06:55:46,123 - app.db - ERROR - lost connection", Some(Error), "lost connection");
        check("2026-12-10 06:55:46.123  WARN 4711 --- [main thread] o.s.Boot : slow", Some(Warning), "slow");
        check("2026/12/10 06:55:46 [error] 7#0: *1 open() failed", Some(Error), "*1 open() failed");
        check("[Wed Oct 11 14:32:52 2000] [core:error] [pid 3] AH00124: too many", Some(Error), "AH00124: too many");
        check("E1210 06:55:46.123456   12 a.go:1] it broke", Some(Error), "it broke");
        check("<34>Oct 11 22:14:15 box su[3]: 'su root' failed", None, "'su root' failed");
        check("FATAL: no config", Some(Critical), "no config");
        check("[INFO] 2026-12-10 06:55:46 up", Some(Info), "up");
        check("2026-12-10T06:55:46Z INFO hydra_graph::writer: committed", Some(Info), "committed");
        check("just words", None, "just words");
        check("2026-12-10T06:55:46Z INFO", Some(Info), "INFO");
    }
}
