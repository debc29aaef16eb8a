//! Calendars (.ics): each event, task and journal entry a record with its times, place, people and how it repeats, in words.
//!
//! Read line by line, as RFC 5545 has it. Crates for it build typed models with a calendar arithmetic of their own, of
//! which nothing would be used: what is kept is what stands there.

mod property;
mod recurrence;
mod time;

use hydra_graph::{Error, ErrorKind, Result};
use jiff::ToSpan as _;
use jiff::civil::Date;

use self::property::{Property, unfolded};
use self::recurrence::{lasting, repeats};
use self::time::{Time, days, listed};
use crate::content::{Content, Record};
use crate::encoding::decode;
use crate::outline::shorten;
use crate::passages::MAX_PASSAGES;

/// Longest description that is shown.
const MAX_WORDS_BYTES: usize = 16 * 1024;
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

#[cfg(test)]
mod tests {
    use super::property::{MAX_LINE_BYTES, MAX_NAME_BYTES};
    use super::time::MAX_NAMED;
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
