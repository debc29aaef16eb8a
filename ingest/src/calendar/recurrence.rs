//! How long something in a calendar lasts and how it comes again, in words.

use super::property::one_line;
use super::time::{Time, listed};

/// `P1DT2H30M` in words.
pub(super) fn lasting(duration: &str) -> String {
    let mut said = Vec::new();
    let (mut number, mut is_time) = (String::new(), false);
    for c in duration.trim_start_matches(['+', 'P']).chars() {
        let unit = match c.to_ascii_uppercase() {
            'T' => {
                is_time = true;
                continue;
            }
            'W' => "week",
            'D' => "day",
            'H' => "hour",
            'M' if is_time => "minute",
            'S' => "second",
            c if c.is_ascii_digit() && number.len() < 9 => {
                number.push(c);
                continue;
            }
            _ => return one_line(duration),
        };
        let plural = if number == "1" { "" } else { "s" };
        if !number.trim_start_matches('0').is_empty() {
            said.push(format!("{number} {unit}{plural}"));
        }
        number.clear();
    }
    if said.is_empty() { one_line(duration) } else { said.join(" ") }
}

/// `FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;UNTIL=20260601` in words; what has none stays as it is written.
pub(super) fn repeats(rule: &str) -> String {
    let part = |name: &str| {
        rule.split(';').find_map(|part| part.split_once('=').filter(|(known, _)| known.eq_ignore_ascii_case(name)))
    };
    let value = |name: &str| part(name).map(|(_, value)| value.trim().to_ascii_uppercase());
    let unit = match value("FREQ").as_deref() {
        Some("SECONDLY") => "second",
        Some("MINUTELY") => "minute",
        Some("HOURLY") => "hour",
        Some("DAILY") => "day",
        Some("WEEKLY") => "week",
        Some("MONTHLY") => "month",
        Some("YEARLY") => "year",
        _ => return one_line(rule),
    };
    let mut said = match value("INTERVAL").filter(|interval| interval != "1") {
        Some(interval) => format!("every {} {unit}s", one_line(&interval)),
        None => format!("every {unit}"),
    };
    if let Some(days) = value("BYDAY") {
        said.push_str(&format!(" on {}", listed(days.split(',').map(weekday))));
    }
    if let Some(days) = value("BYMONTHDAY") {
        said.push_str(&format!(" on day {}", listed(days.split(',').map(one_line))));
    }
    if let Some(months) = value("BYMONTH") {
        said.push_str(&format!(" in {}", listed(months.split(',').map(month))));
    }
    if let Some(count) = value("COUNT") {
        said.push_str(&format!(", {} times", one_line(&count)));
    }
    if let Some(until) = value("UNTIL") {
        said.push_str(&format!(", until {}", Time::parse(&until, None).day));
    }
    said
}

/// `2TH` is the second Thursday, `-1FR` the last Friday.
fn weekday(code: &str) -> String {
    let code = code.trim();
    let Some((place, code)) = code.len().checked_sub(2).and_then(|at| code.split_at_checked(at)) else {
        return one_line(code);
    };
    let day = match code {
        "MO" => "Monday",
        "TU" => "Tuesday",
        "WE" => "Wednesday",
        "TH" => "Thursday",
        "FR" => "Friday",
        "SA" => "Saturday",
        "SU" => "Sunday",
        _ => code,
    };
    match place.trim_start_matches('+') {
        "" => day.to_owned(),
        "1" => format!("the first {day}"),
        "2" => format!("the second {day}"),
        "3" => format!("the third {day}"),
        "4" => format!("the fourth {day}"),
        "-1" => format!("the last {day}"),
        place => format!("{day} number {}", one_line(place)),
    }
}

fn month(number: &str) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let at = number.trim().parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    at.and_then(|at| MONTHS.get(at)).map_or_else(|| one_line(number), |month| (*month).to_owned())
}
