//! Calendars (.ics): each event, task and journal entry a record with its times, place, people and how it repeats, in words.
//!
//! Read line by line, as RFC 5545 has it. Crates for it build typed models with a calendar arithmetic of their own, of
//! which nothing would be used: what is kept is what stands there.

use hydra_graph::{Error, ErrorKind, Result};
use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::content::{Content, Record};
use crate::encoding::decode;
use crate::outline::shorten;
use crate::passages::MAX_PASSAGES;

/// Longest line that is read, folded ones joined: what is longer is a picture.
const MAX_LINE_BYTES: usize = 64 * 1024;
/// Longest description that is shown, and longest name.
const MAX_WORDS_BYTES: usize = 16 * 1024;
const MAX_NAME_BYTES: usize = 300;
/// People, days that are left out and other things of one event that are named.
const MAX_NAMED: usize = 20;
/// How deep components nest that are followed; those of a calendar have three levels.
const MAX_DEPTH: usize = 16;

/// Reads a calendar.
///
/// # Errors
/// `Invalid` when it is none.
pub(crate) fn read(bytes: &[u8]) -> Result<Content> {
    let text = decode(bytes)?.text;
    let mut reader = Reader::default();
    for (number, line) in unfolded(&text) {
        reader.line(number, &line);
    }
    reader.done()
}

/// Joins lines that were folded: one that begins with a blank goes on where the one before ended.
fn unfolded(text: &str) -> impl Iterator<Item = (usize, String)> {
    let mut lines = text.lines().enumerate().peekable();
    std::iter::from_fn(move || {
        let (number, first) = lines.next()?;
        let mut whole = first.to_owned();
        while let Some((_, next)) = lines.next_if(|(_, next)| next.starts_with([' ', '\t'])) {
            if whole.len() <= MAX_LINE_BYTES {
                whole.push_str(&next[1..]);
            }
        }
        Some((number + 1, whole))
    })
}

/// `NAME;PARAMETER=x:value`, with the name in upper case.
struct Property {
    name: String,
    parameters: Vec<(String, String)>,
    value: String,
}

impl Property {
    /// Takes a line apart; `None` if it is none.
    fn parse(line: &str) -> Option<Self> {
        let mut is_quoted = false;
        let mut parts = Vec::new();
        let mut start = 0;
        let mut colon = None;
        for (at, c) in line.char_indices() {
            match c {
                '"' => is_quoted = !is_quoted,
                ';' if !is_quoted => {
                    parts.push(&line[start..at]);
                    start = at + 1;
                }
                ':' if !is_quoted => {
                    parts.push(&line[start..at]);
                    colon = Some(at);
                    break;
                }
                _ => {}
            }
        }
        let value = line[colon? + 1..].to_owned();
        let mut parts = parts.into_iter();
        let name = parts.next().filter(|name| !name.is_empty() && name.bytes().all(is_of_a_name))?;
        let parameters = parts
            .filter_map(|part| part.split_once('='))
            .map(|(name, value)| (name.to_ascii_uppercase(), value.trim_matches('"').to_owned()))
            .collect();
        Some(Self { name: name.to_ascii_uppercase(), parameters, value })
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value with its escapes undone.
    fn text(&self) -> String {
        let mut text = String::with_capacity(self.value.len());
        let mut chars = self.value.chars();
        while let Some(c) = chars.next() {
            match (c, c == '\\') {
                (_, true) => match chars.next() {
                    Some('n' | 'N') => text.push('\n'),
                    Some(escaped) => text.push(escaped),
                    None => {}
                },
                (c, false) => text.push(c),
            }
        }
        text
    }

    /// The value on one line.
    fn name(&self) -> String {
        one_line(&self.text())
    }

    fn person(&self) -> String {
        let value = &self.value;
        let is_mail = value.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
        let address = if is_mail { &value[7..] } else { value.as_str() };
        let said = match self.parameter("CN").map(one_line).filter(|name| !name.is_empty() && name != address) {
            Some(name) if is_mail => format!("{name} <{}>", one_line(address)),
            Some(name) => name,
            None => one_line(address),
        };
        match self.parameter("PARTSTAT").map(str::to_ascii_uppercase).as_deref() {
            Some("DECLINED") => format!("{said} (declined)"),
            Some("TENTATIVE") => format!("{said} (perhaps)"),
            Some("ACCEPTED") => format!("{said} (accepted)"),
            _ => said,
        }
    }
}

fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

fn one_line(text: &str) -> String {
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    shorten(&one_line, MAX_NAME_BYTES).trim_end().to_owned()
}

/// An event, task or journal entry while it is read.
struct Entry {
    kind: &'static str,
    line: usize,
    /// How deep it stands, so that what stands in it (an alarm) is no part of it.
    depth: usize,
    properties: Vec<Property>,
}

#[derive(Default)]
struct Reader {
    content: Content,
    open: Vec<String>,
    entry: Option<Entry>,
    is_anything: bool,
    is_calendar: bool,
    entries: usize,
    broken: Vec<usize>,
    left_out: usize,
    is_cut: bool,
}

impl Reader {
    fn line(&mut self, number: usize, line: &str) {
        if line.trim().is_empty() {
            return;
        }
        self.is_anything = true;
        let Some(property) = Property::parse(line) else { return self.broken.push(number) };
        match property.name.as_str() {
            "BEGIN" => self.begin(property.value.trim().to_ascii_uppercase(), number),
            "END" => self.end(&property.value.trim().to_ascii_uppercase()),
            // Attachments are named by their places only, and a picture that is one has none.
            "ATTACH" if property.parameter("VALUE") == Some("BINARY") => {}
            "X-WR-CALNAME" | "NAME" if self.open.len() == 1 && self.content.title.is_none() => {
                self.content.title = Some(property.name());
            }
            _ => {
                if let Some(entry) = self.entry.as_mut().filter(|entry| entry.depth == self.open.len()) {
                    entry.properties.push(property);
                }
            }
        }
    }

    fn begin(&mut self, component: String, line: usize) {
        self.is_calendar |= component == "VCALENDAR";
        if self.open.len() == MAX_DEPTH {
            return self.broken.push(line);
        }
        let kind = match component.as_str() {
            "VEVENT" => Some("event"),
            "VTODO" => Some("task"),
            "VJOURNAL" => Some("journal"),
            _ => None,
        };
        self.open.push(component);
        if self.entry.is_none()
            && let Some(kind) = kind
        {
            self.entry = Some(Entry { kind, line, depth: self.open.len(), properties: Vec::new() });
        }
    }

    fn end(&mut self, component: &str) {
        // One that was never begun ends nothing; what stands open in another ends with it.
        let Some(at) = self.open.iter().rposition(|open| open == component) else { return };
        self.open.truncate(at);
        if let Some(entry) = self.entry.take_if(|entry| entry.depth > at) {
            self.add(&entry);
        }
    }

    fn add(&mut self, entry: &Entry) {
        self.entries += 1;
        let (text, headings) = entry.said(&mut self.is_cut);
        let line = u32::try_from(entry.line).unwrap_or(u32::MAX);
        if !self.content.add_record(Record { text: &text, line, headings }) {
            self.left_out += 1;
        }
    }

    fn done(mut self) -> Result<Content> {
        // Cut off in the middle of one.
        if let Some(entry) = self.entry.take() {
            self.add(&entry);
        }
        if self.is_anything && !self.is_calendar && self.entries == 0 {
            return Err(Error::new(ErrorKind::Invalid, "is no calendar: it has no BEGIN:VCALENDAR")
                .hint("export it as iCalendar once more, or leave it out with a line in .hydraignore"));
        }
        let Self { mut content, broken, left_out, is_cut, .. } = self;
        if let Some(first) = broken.first() {
            let message = format!("{} of its lines are no part of a calendar", broken.len());
            let hint = "export it once more; the other lines were read".to_owned();
            content.troubles.push((u32::try_from(*first).ok(), message, hint));
        }
        if is_cut {
            let message = format!("has descriptions longer than {MAX_WORDS_BYTES} bytes, which were cut");
            content.trouble(message, "nothing to do if their beginnings are enough");
        }
        if left_out > 0 {
            let message = format!("holds more than {MAX_PASSAGES} passages: {left_out} entries can't be recalled");
            content.trouble(message, "split the calendar, by year for example");
        }
        Ok(content)
    }
}

impl Entry {
    fn all(&self, name: &'static str) -> impl Iterator<Item = &Property> {
        self.properties.iter().filter(move |property| property.name == name)
    }

    fn one(&self, name: &'static str) -> Option<&Property> {
        self.all(name).next()
    }

    /// Says it in words, with what it is called and its day.
    fn said(&self, is_cut: &mut bool) -> (String, Vec<String>) {
        let summary = self.one("SUMMARY").map(Property::name).filter(|summary| !summary.is_empty());
        let summary = summary.unwrap_or_else(|| format!("{} without a name", self.kind));
        let mut text = format!("{summary}\n");
        let mut say = |what: &str, value: Option<String>| {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                text.push_str(&format!("{what}: {value}\n"));
            }
        };
        let start = self.one("DTSTART").map(Time::of);
        say("When", self.when(start.as_ref()));
        say("Due", self.one("DUE").map(|due| Time::of(due).said()));
        say("Done", self.one("COMPLETED").map(|done| Time::of(done).said()));
        say("Instead of", self.one("RECURRENCE-ID").map(|instead| Time::of(instead).said()));
        say("Repeats", self.one("RRULE").map(|rule| repeats(&rule.value)));
        say("Also on", Some(days(self.all("RDATE"))));
        say("Except", Some(days(self.all("EXDATE"))));
        say("Where", self.one("LOCATION").map(Property::name));
        say("Organizer", self.one("ORGANIZER").map(Property::person));
        say("Attendees", Some(listed(self.all("ATTENDEE").map(Property::person))));
        say(
            "Status",
            self.one("STATUS").map(|status| status.name().to_lowercase()).filter(|status| status != "confirmed"),
        );
        say("Categories", Some(listed(self.all("CATEGORIES").map(Property::name))));
        say("Link", self.one("URL").map(Property::name));
        say("Attached", Some(listed(self.all("ATTACH").map(Property::name))));
        let words: Vec<String> = self.all("DESCRIPTION").chain(self.all("COMMENT")).map(Property::text).collect();
        let words = words.join("\n");
        let shown = shorten(words.trim(), MAX_WORDS_BYTES);
        *is_cut |= shown.len() < words.trim().len();
        text.push_str(shown);
        let day = start.or_else(|| self.one("DUE").map(Time::of)).map(|time| time.day);
        (text, [Some(summary), day].into_iter().flatten().collect())
    }

    fn when(&self, start: Option<&Time>) -> Option<String> {
        let start = start?;
        let end = self.one("DTEND").map(Time::of);
        Some(match (end, self.one("DURATION")) {
            (Some(mut end), _) => {
                // The end of whole days is the day after the last.
                if end.hour.is_empty()
                    && let Ok(day) = end.day.parse::<Date>()
                {
                    end.day = day.saturating_sub(1.day()).to_string();
                }
                match (end.day == start.day, end.hour.is_empty()) {
                    (true, true) => start.said(),
                    (true, false) => format!("{} {} to {}{}", start.day, start.hour, end.hour, end.zone()),
                    (false, _) => format!("{} to {}", start.said(), end.said()),
                }
            }
            (None, Some(duration)) => format!("{}, for {}", start.said(), lasting(&duration.value)),
            (None, None) => start.said(),
        })
    }
}

/// A moment as it is written: a day, and an hour in a zone if it is no whole day.
struct Time {
    day: String,
    hour: String,
    zone: Option<String>,
}

impl Time {
    fn of(property: &Property) -> Self {
        let zone = property.parameter("TZID").map(one_line);
        Self::parse(property.value.trim(), zone)
    }

    fn parse(value: &str, zone: Option<String>) -> Self {
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

    fn zone(&self) -> String {
        self.zone.as_ref().filter(|_| !self.hour.is_empty()).map(|zone| format!(" {zone}")).unwrap_or_default()
    }

    fn said(&self) -> String {
        format!("{} {}{}", self.day, self.hour, self.zone()).trim_end().to_owned()
    }
}

fn days<'p>(properties: impl Iterator<Item = &'p Property>) -> String {
    let times = properties.flat_map(|property| property.value.split(',').map(|value| Time::parse(value.trim(), None)));
    listed(times.map(|time| time.said()))
}

fn listed(names: impl Iterator<Item = String>) -> String {
    let mut names: Vec<String> = names.filter(|name| !name.is_empty()).collect();
    let more = names.len().saturating_sub(MAX_NAMED);
    names.truncate(MAX_NAMED);
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    names.join(", ")
}

/// `P1DT2H30M` in words.
fn lasting(duration: &str) -> String {
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
fn repeats(rule: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(lines: &str) -> String {
        format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-CALNAME:Home\r\n{lines}END:VCALENDAR\r\n")
    }

    fn event(lines: &str) -> String {
        format!("BEGIN:VEVENT\r\n{}\r\nEND:VEVENT\r\n", lines.replace('\n', "\r\n"))
    }

    fn said(text: &str) -> Vec<String> {
        let content = read(text.as_bytes()).unwrap();
        crate::mutation::check_content(&content);
        let said = |p: &hydra_graph::Passage| {
            format!("{} {}| {}", p.line, p.headings.join(">"), content.text[p.span.clone()].replace('\n', "/"))
        };
        content.passages.iter().map(said).collect()
    }

    #[test]
    fn an_event_says_when_where_who_and_how_often() {
        let text = calendar(&event(
            "SUMMARY:Choir\\, evening\nDTSTART;TZID=Europe/Brussels:20260302T193000\n\
             DTEND;TZID=Europe/Brussels:20260302T213000\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;UNTIL=20260601T000000Z\n\
             EXDATE;TZID=Europe/Brussels:20260406T193000\nLOCATION:St. Bavo\\; hall 2\n\
             ORGANIZER;CN=\"Kovac, Mirela\":mailto:mirela@example.org\n\
             ATTENDEE;CN=Oskar;PARTSTAT=DECLINED:MAILTO:oskar@example.org\nATTENDEE:mailto:b@example.org\n\
             DESCRIPTION:Bring the\\nscores of\n  Byrd.\nBEGIN:VALARM\nDESCRIPTION:ring\nEND:VALARM",
        ));
        assert_eq!(
            said(&text),
            ["4 Choir, evening>2026-03-02| Choir, evening/When: 2026-03-02 19:30 to 21:30 Europe/Brussels/\
              Repeats: every 2 weeks on Monday, until 2026-06-01/Except: 2026-04-06 19:30/Where: St. Bavo; hall 2/\
              Organizer: Kovac, Mirela <mirela@example.org>/Attendees: Oskar <oskar@example.org> (declined), b@example.org/\
              Bring the/scores of Byrd."]
        );
        assert_eq!(read(text.as_bytes()).unwrap().title.as_deref(), Some("Home"));
    }

    #[test]
    fn whole_days_tasks_and_single_changes_are_told_as_they_are() {
        let when = |lines: &str| said(&calendar(&event(&format!("SUMMARY:x\n{lines}"))))[0].clone();
        for (lines, words) in [
            ("DTSTART;VALUE=DATE:20260301\nDTEND;VALUE=DATE:20260302", "When: 2026-03-01"),
            ("DTSTART;VALUE=DATE:20260301\nDTEND;VALUE=DATE:20260304", "When: 2026-03-01 to 2026-03-03"),
            ("DTSTART:20260301T230000Z\nDTEND:20260302T010000Z", "When: 2026-03-01 23:00 UTC to 2026-03-02 01:00 UTC"),
            ("DTSTART:20260301T100000\nDURATION:PT1H30M", "When: 2026-03-01 10:00, for 1 hour 30 minutes"),
            ("DTSTART:some day", "When: some day"),
            ("RECURRENCE-ID:20260301T100000Z", "Instead of: 2026-03-01 10:00 UTC"),
            ("STATUS:CANCELLED", "Status: cancelled"),
            (
                "RRULE:FREQ=MONTHLY;BYDAY=2TH,-1FR;COUNT=5",
                "Repeats: every month on the second Thursday, the last Friday, 5 times",
            ),
            ("RRULE:FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24", "Repeats: every year on day 24 in December"),
            ("RRULE:X=Y", "Repeats: X=Y"),
        ] {
            let said = when(lines);
            assert!(said.split('/').any(|line| line == words), "{words}: {said}");
        }
        let task = "BEGIN:VTODO\nSUMMARY:Descale\nDUE;VALUE=DATE:20260310\nSTATUS:NEEDS-ACTION\nEND:VTODO\n";
        assert_eq!(said(&calendar(task)), ["4 Descale>2026-03-10| Descale/Due: 2026-03-10/Status: needs-action"]);
    }

    #[test]
    fn what_is_no_calendar_or_too_much_is_told() {
        assert!(read(b"Dear diary\n").is_err() && read(b"Dear: diary\n").is_err());
        assert_eq!(said(&calendar("")), [""; 0]);
        assert_eq!(said(""), [""; 0]);
        let broken = read(calendar("what is this\r\n").as_bytes()).unwrap();
        assert_eq!(broken.troubles[0].0, Some(4));
        let cut = read(calendar("BEGIN:VEVENT\r\nSUMMARY:half\r\n").split("END:").next().unwrap().as_bytes()).unwrap();
        assert_eq!(cut.passages.len(), 1);
        let words = |bytes: usize| calendar(&event(&format!("SUMMARY:x\nDESCRIPTION:{}", "ab ".repeat(bytes / 3))));
        assert_eq!(read(words(MAX_WORDS_BYTES).as_bytes()).unwrap().troubles.len(), 0);
        assert_eq!(read(words(2 * MAX_WORDS_BYTES).as_bytes()).unwrap().troubles.len(), 1);
        let many = read(calendar(&event("SUMMARY:x").repeat(MAX_PASSAGES + 2)).as_bytes()).unwrap();
        assert_eq!(many.passages.len(), MAX_PASSAGES);
        assert!(many.troubles[0].1.contains("2 entries"), "{:?}", many.troubles);
        let people = "\nATTENDEE:mailto:a@example.org".repeat(MAX_NAMED + 3);
        assert!(said(&calendar(&event(&format!("SUMMARY:x{people}"))))[0].contains("and 3 more"));
        let deep = calendar(&"BEGIN:VEVENT\r\n".repeat(100_000));
        assert!(read(deep.as_bytes()).unwrap().passages.len() <= 1);
        let folded = calendar(&event(&format!("SUMMARY:x{}", "\n y".repeat(2 * MAX_LINE_BYTES))));
        assert!(read(folded.as_bytes()).unwrap().text.len() < 2 * MAX_NAME_BYTES);
    }

    #[test]
    fn nothing_in_a_calendar_does_harm() {
        let sample = calendar(&event(
            "SUMMARY:\u{e9}\nDTSTART;TZID=\"a:b\":20260301T1000\nDTEND:20260230\nRRULE:FREQ=DAILY;BYDAY=\u{e9}\nDURATION:P1D\n\
             ATTENDEE;CN=\u{e9}:mailto:\u{e9}",
        ));
        crate::mutation::check(sample.as_bytes(), |bytes| {
            if let Ok(content) = read(bytes) {
                crate::mutation::check_content(&content);
            }
        });
    }
}
