//! When something in a calendar is, in words.

use super::property::{Property, one_line};

/// People, days that are left out and other things of one event that are named.
pub(super) const MAX_NAMED: usize = 20;

/// A moment as it is written: a day, and an hour in a zone if it is no whole day.
pub(super) struct Time {
    pub day: String,
    pub hour: String,
    pub zone: Option<String>,
}

impl Time {
    pub fn of(property: &Property) -> Self {
        let zone = property.parameter("TZID").map(one_line);
        Self::parse(property.value.trim(), zone)
    }

    pub fn parse(value: &str, zone: Option<String>) -> Self {
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let (day, time) = value.split_once('T').unwrap_or((value, ""));
        if day.len() != 8 || !is_number(day) {
            return Self { day: one_line(value), hour: String::new(), zone };
        }
        let day = format!("{}-{}-{}", &day[..4], &day[4..6], &day[6..]);
        let hour = match time.get(..4).filter(|hour| is_number(hour)) {
            Some(hour) => format!("{}:{}", &hour[..2], &hour[2..]),
            None => String::new(),
        };
        let zone = if time.ends_with('Z') { Some("UTC".to_owned()) } else { zone };
        Self { day, hour, zone }
    }

    pub fn zone(&self) -> String {
        self.zone.as_ref().filter(|_| !self.hour.is_empty()).map(|zone| format!(" {zone}")).unwrap_or_default()
    }

    pub fn said(&self) -> String {
        format!("{} {}{}", self.day, self.hour, self.zone()).trim_end().to_owned()
    }
}

pub(super) fn days<'p>(properties: impl Iterator<Item = &'p Property>) -> String {
    let times = properties.flat_map(|property| property.value.split(',').map(|value| Time::parse(value.trim(), None)));
    listed(times.map(|time| time.said()))
}

pub(super) fn listed(names: impl Iterator<Item = String>) -> String {
    let mut names: Vec<String> = names.filter(|name| !name.is_empty()).collect();
    let more = names.len().saturating_sub(MAX_NAMED);
    names.truncate(MAX_NAMED);
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    names.join(", ")
}
