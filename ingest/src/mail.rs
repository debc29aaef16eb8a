//! Mail: a mailbox (mbox) or one message (.eml), each message a record with who wrote it, when, about what, and its words.
//!
//! What a message only quotes stands in the message that is quoted, and would else be found again with every answer; so it
//! is left out, and a mark says where it stood. Attachments are named and not read.

use hydra_graph::{Error, ErrorKind, Result};
use mail_parser::{Addr, Address, Message, MessageParser, MessagePart, MimeHeaders as _, PartType};
use memchr::memmem;

use crate::content::{Content, Record};
use crate::html;
use crate::outline::shorten;
use crate::passages::MAX_PASSAGES;

/// Longest mailbox that is read, attachments and all.
pub const MAX_MAILBOX_BYTES: u64 = 64 * 1024 * 1024;
/// How much of one message's words is shown.
const MAX_WORDS_BYTES: usize = 32 * 1024;
/// Attachments, and people that a message is to, that are named.
const MAX_NAMED: usize = 20;
/// Longest subject, and longest name of a person or an attachment.
const MAX_NAME_BYTES: usize = 300;
/// Stands where words were that a message only quotes.
const QUOTED: &str = "[…]";
/// How a mailbox begins a message.
const FROM: &[u8] = b"From ";

/// Reads a mailbox.
///
/// # Errors
/// `Invalid` when no line of it begins a message.
pub(crate) fn read_mailbox(bytes: &[u8]) -> Result<Content> {
    let starts = starts(bytes);
    if starts.is_empty() && !bytes.trim_ascii().is_empty() {
        return Err(Error::new(ErrorKind::Invalid, "is no mailbox: no line of it begins a message")
            .hint("a message begins with `From `, an address and a date; leave the file out if it is something else"));
    }
    let mut reader = Reader::default();
    let mut line = 1;
    let mut counted = 0;
    for (number, start) in starts.iter().enumerate() {
        line += memchr::memchr_iter(b'\n', &bytes[counted..*start]).count();
        counted = *start;
        let end = starts.get(number + 1).copied().unwrap_or(bytes.len());
        // Behind the line that begins it.
        let message = &bytes[*start..end];
        let message = &message[memchr::memchr(b'\n', message).map_or(message.len(), |at| at + 1)..];
        reader.read(&unquoted(message), line);
    }
    Ok(reader.done())
}

/// Reads one message.
///
/// # Errors
/// `Invalid` when it is none.
pub(crate) fn read_message(bytes: &[u8]) -> Result<Content> {
    let mut reader = Reader::default();
    reader.read(bytes, 1);
    if reader.broken > 0 && !bytes.trim_ascii().is_empty() {
        return Err(Error::new(ErrorKind::Invalid, "is no mail: it has neither a sender nor a subject")
            .hint("save it from the mail program once more, or leave it out with a line in .hydraignore"));
    }
    let mut content = reader.done();
    content.title = content.passages.first().and_then(|passage| passage.headings.first().cloned());
    Ok(content)
}

/// Where messages begin: `From `, somebody and a date behind an empty line, so that a sentence which begins with the word
/// is none.
fn starts(bytes: &[u8]) -> Vec<usize> {
    let is_behind_an_empty_line =
        |at: usize| at == 0 || bytes[..at].ends_with(b"\n\n") || bytes[..at].ends_with(b"\r\n\r\n");
    let is_start = |at: &usize| {
        let rest = &bytes[*at..];
        let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len()).min(MAX_NAME_BYTES)];
        is_behind_an_empty_line(*at) && is_dated(line)
    };
    memmem::find_iter(bytes, FROM).filter(is_start).collect()
}

/// Tells whether a line names an hour and a year, as in `From mirela@example.org Sun Mar  1 10:00:00 2026`.
fn is_dated(line: &[u8]) -> bool {
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let is_hour = |word: &[u8]| word.contains(&b':') && word.iter().all(|byte| byte.is_ascii_digit() || *byte == b':');
    let is_year = |word: &[u8]| word.len() == 4 && word.iter().all(u8::is_ascii_digit);
    words.clone().any(is_hour) && words.any(is_year)
}

/// A mailbox writes `>From ` where a line of a message began with the word.
fn unquoted(message: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(message.len());
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        let marks = line.iter().take_while(|byte| **byte == b'>').count();
        plain.extend_from_slice(if marks > 0 && line[marks..].starts_with(FROM) { &line[1..] } else { line });
    }
    plain
}

#[derive(Default)]
struct Reader {
    content: Content,
    broken: usize,
    first_broken: Option<u32>,
    shortened: usize,
    left_out: usize,
}

impl Reader {
    fn read(&mut self, bytes: &[u8], line: usize) {
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        let message = MessageParser::default().parse(bytes);
        let Some(message) = message.filter(|message| message.from().is_some() || message.subject().is_some()) else {
            self.broken += 1;
            self.first_broken.get_or_insert(line);
            return;
        };
        let subject = name(message.subject().unwrap_or_default());
        let subject = if subject.is_empty() { "No subject".to_owned() } else { subject };
        let sender = message.from().and_then(Address::first).map(person).unwrap_or_default();
        let when = message.date().map(|date| {
            let zone = match (date.tz_hour, date.tz_minute, date.tz_before_gmt) {
                (0, 0, _) => "UTC".to_owned(),
                (hours, minutes, is_before) => format!("{}{hours:02}:{minutes:02}", if is_before { '-' } else { '+' }),
            };
            (
                format!("{:04}-{:02}-{:02}", date.year, date.month, date.day),
                format!("{:02}:{:02} {zone}", date.hour, date.minute),
            )
        });
        let mut text = format!("{subject}\n");
        let mut say = |what: &str, value: String| {
            if !value.is_empty() {
                text.push_str(&format!("{what}: {value}\n"));
            }
        };
        say("From", sender.clone());
        say("Date", when.as_ref().map(|(day, hour)| format!("{day} {hour}")).unwrap_or_default());
        say("To", people(message.to()));
        say("Cc", people(message.cc()));
        say("Attached", attachments(&message));
        text.push('\n');
        let words = words(&message);
        let words = words.trim();
        let shown = shorten(words, MAX_WORDS_BYTES);
        self.shortened += usize::from(shown.len() < words.len());
        text.push_str(shown);
        let who = [name_of(message.from().and_then(Address::first)), when.map(|(day, _)| day)];
        let who: Vec<String> = who.into_iter().flatten().filter(|part| !part.is_empty()).collect();
        let headings = [subject, who.join(", ")].into_iter().filter(|heading| !heading.is_empty()).collect();
        if !self.content.add_record(Record { text: &text, line, headings }) {
            self.left_out += 1;
        }
    }

    fn done(self) -> Content {
        let Self { mut content, broken, first_broken, shortened, left_out } = self;
        if broken > 0 {
            let message = format!("{broken} of its messages have neither a sender nor a subject and were left out");
            let hint = "look at the lines before it; the other messages were read".to_owned();
            content.troubles.push((first_broken, message, hint));
        }
        if shortened > 0 {
            let message = format!("{shortened} of its messages are longer than {MAX_WORDS_BYTES} bytes and were cut");
            content.trouble(message, "nothing to do if their beginnings are enough");
        }
        if left_out > 0 {
            let message = format!("holds more than {MAX_PASSAGES} passages: {left_out} messages can't be recalled");
            content.trouble(message, "split the mailbox, by year for example");
        }
        content
    }
}

/// What the writer of a message said in it.
fn words(message: &Message<'_>) -> String {
    let mut words = String::new();
    for part in message.text_bodies() {
        let plain = match &part.body {
            PartType::Text(text) => without_quotes(text),
            PartType::Html(page) => html::words_of_mail(page),
            _ => continue,
        };
        words.push_str(plain.trim());
        words.push('\n');
    }
    words
}

/// Leaves out lines that begin with `>`, the line that leads them in, and all behind what programs write above an answer's
/// copy of what it answers.
fn without_quotes(text: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut is_marked = false;
    for line in text.lines() {
        let bare = line.trim();
        if is_copy_below(bare) {
            leave_out(&mut kept, &mut is_marked);
            break;
        }
        if bare.starts_with('>') {
            leave_out(&mut kept, &mut is_marked);
        } else {
            kept.push(line.trim_end());
            // Empty lines between two quotes are part of them.
            is_marked &= bare.is_empty();
        }
    }
    kept.join("\n")
}

/// Marks that something is left out here, once, and takes away the line that leads it in.
fn leave_out(kept: &mut Vec<&str>, is_marked: &mut bool) {
    if std::mem::replace(is_marked, true) {
        while kept.last().is_some_and(|line| line.is_empty()) {
            kept.pop();
        }
        return;
    }
    let last = kept.iter().rposition(|line| !line.trim().is_empty());
    // `On Sunday, Mirela wrote:` may go over two lines.
    if let Some(at) = last.filter(|at| leads_in(kept[*at])) {
        let is_begun_above = at > 0 && !begins_lead(kept[at]) && begins_lead(kept[at - 1]);
        kept.truncate(if is_begun_above { at - 1 } else { at });
    }
    kept.push(QUOTED);
}

fn leads_in(line: &str) -> bool {
    let line = line.trim();
    line.len() < MAX_NAME_BYTES
        && ["wrote:", "writes:", "schrieb:", "schreef:", "a écrit :", "escribió:", "ha scritto:"]
            .iter()
            .any(|end| line.ends_with(end))
}

fn begins_lead(line: &str) -> bool {
    ["On ", "Am ", "Op ", "Le ", "El ", "Il "].iter().any(|start| line.trim_start().starts_with(start))
}

/// What Outlook and others write above the copy of what is answered. What is forwarded is no copy of an earlier message here.
fn is_copy_below(line: &str) -> bool {
    let dashed = line.trim_matches(['-', ' ']);
    line.starts_with("-----") && ["Original Message", "Ursprüngliche Nachricht", "Message d'origine"].contains(&dashed)
}

fn attachments(message: &Message<'_>) -> String {
    let named = |part: &MessagePart<'_>| match (part.attachment_name(), &part.body) {
        (Some(given), _) => name(given),
        (None, PartType::Message(inner)) => name(inner.subject().unwrap_or("a message")),
        (None, _) => "without a name".to_owned(),
    };
    listed(message.attachments().map(named))
}

fn people(address: Option<&Address<'_>>) -> String {
    address.map(|address| listed(address.iter().map(person))).unwrap_or_default()
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

fn person(address: &Addr<'_>) -> String {
    match (address.name().map(name), address.address().map(name)) {
        (Some(name), Some(address)) if !name.is_empty() && name != address => format!("{name} <{address}>"),
        (name, address) => address.or(name).unwrap_or_default(),
    }
}

fn name_of(address: Option<&Addr<'_>>) -> Option<String> {
    let address = address?;
    address.name().or(address.address()).map(name)
}

/// A name on one line, within its bound.
fn name(text: &str) -> String {
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    shorten(&one_line, MAX_NAME_BYTES).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailbox(messages: &[&str]) -> String {
        let from = |message: &&str| format!("From m@example.org Sun Mar  1 10:00:00 2026\n{message}\n\n");
        messages.iter().map(from).collect()
    }

    fn said(content: &Content) -> Vec<String> {
        crate::mutation::check_content(content);
        let said = |p: &hydra_graph::Passage| {
            format!("{} {}| {}", p.line, p.headings.join(">"), content.text[p.span.clone()].replace('\n', "/"))
        };
        content.passages.iter().map(said).collect()
    }

    #[test]
    fn each_message_is_a_record_with_sender_date_and_subject() {
        let text = mailbox(&[
            "From: Mirela Kovac <mirela@example.org>\nTo: Oskar <oskar@example.org>, b@example.org\nSubject: The boiler\n\
             Date: Sun, 1 Mar 2026 10:00:00 +0100\n\nIt leaks again.\n>From the valve, I think.\n",
            "From: =?UTF-8?Q?J=C3=B8rgen?= <j@example.org>\nSubject: =?UTF-8?B?R3LDvMOfZQ==?=\n\
             Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\n\
             Caf=E9 at noon.\n\nFrom the station it is not far at 10:30 in spring.\n",
        ]);
        let content = read_mailbox(text.as_bytes()).unwrap();
        assert_eq!(
            said(&content),
            [
                "1 The boiler>Mirela Kovac, 2026-03-01| The boiler/From: Mirela Kovac <mirela@example.org>/\
                 Date: 2026-03-01 10:00 +01:00/To: Oskar <oskar@example.org>, b@example.org//It leaks again./\
                 From the valve, I think.",
                "11 Grüße>Jørgen| Grüße/From: Jørgen <j@example.org>//Café at noon.//\
                 From the station it is not far at 10:30 in spring.",
            ]
        );
        assert_eq!(content.troubles, []);
    }

    #[test]
    fn what_is_quoted_is_marked_and_left_out() {
        for (text, expected) in [
            ("Yes.\n\nOn Sunday, Mirela wrote:\n> Is it?\n> Really?\n", "Yes.\n\n[…]"),
            ("Yes.\n\nOn Sunday, 1 March 2026,\nMirela Kovac <m@example.org> wrote:\n\n> Is it?\n", "Yes.\n\n[…]"),
            ("> One?\nYes.\n> Two?\n\n> Three?\nNo.", "[…]\nYes.\n[…]\nNo."),
            ("Done.\n-----Original Message-----\nFrom: x\nall of it", "Done.\n[…]"),
            ("I wrote: a > b", "I wrote: a > b"),
        ] {
            assert_eq!(without_quotes(text), expected, "{text}");
        }
    }

    #[test]
    fn pages_are_read_as_pages_and_attachments_are_named_only() {
        let text = "From: a@example.org\nSubject: Plan\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n\
            --x\nContent-Type: text/html\n\n<p>See the <b>plan</b>.</p><script>no()</script>\
            <blockquote type=cite>quoted words</blockquote><div class=\"gmail_quote\">older words</div>\n\
            --x\nContent-Type: application/pdf; name=plan.pdf\nContent-Disposition: attachment; filename=plan.pdf\n\
            Content-Transfer-Encoding: base64\n\nSGlkZGVuIHdvcmRz\n--x--\n";
        let content = read_message(text.as_bytes()).unwrap();
        assert_eq!(content.title.as_deref(), Some("Plan"));
        let said = said(&content).join("\n");
        assert!(said.contains("See the plan.") && said.contains("Attached: plan.pdf"), "{said}");
        for hidden in ["no()", "Hidden", "SGlk", "quoted words", "older words"] {
            assert!(!said.contains(hidden), "{said}");
        }
    }

    #[test]
    fn what_is_no_mail_or_too_much_is_told() {
        assert!(read_mailbox(b"Dear diary,\nFrom here it went well.\n").is_err());
        assert!(read_message(b"just words\n").is_err());
        assert_eq!(said(&read_mailbox(b"").unwrap()), [""; 0]);
        let broken = mailbox(&["Subject: a\n\nx", "\n\nno head at all", "Subject: b\n\ny"]);
        let content = read_mailbox(broken.as_bytes()).unwrap();
        assert_eq!((content.passages.len(), content.troubles[0].0), (2, Some(6)), "{:?}", content.troubles);
        let words = |bytes: usize| mailbox(&[&format!("Subject: a\n\n{}", "ab ".repeat(bytes / 3))]);
        assert_eq!(read_mailbox(words(MAX_WORDS_BYTES).as_bytes()).unwrap().troubles.len(), 0);
        let cut = read_mailbox(words(2 * MAX_WORDS_BYTES).as_bytes()).unwrap();
        assert!(cut.troubles[0].1.contains("1 of its messages"), "{:?}", cut.troubles);
        let many = mailbox(&vec!["Subject: a\n\nx"; MAX_PASSAGES + 2]);
        let many = read_mailbox(many.as_bytes()).unwrap();
        assert_eq!(many.passages.len(), MAX_PASSAGES);
        assert!(many.troubles[0].1.contains("2 messages"), "{:?}", many.troubles);
        let to = (0..=MAX_NAMED).map(|n| format!("p{n}@example.org")).collect::<Vec<_>>().join(", ");
        let named = read_message(format!("Subject: a\nTo: {to}\n\nx").as_bytes()).unwrap();
        assert!(named.text.contains("and 1 more") && !named.text.contains("p20@"), "{}", named.text);
    }

    #[test]
    fn nothing_in_a_mailbox_does_harm() {
        let sample = mailbox(&[
            "From: \"A, B\" <a@b.c>\nSubject: =?x?Q?=C3?=\nContent-Type: multipart/alternative; boundary=\"b\"\n\n--b\n\nt\n\
             > q\n--b\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\nPHA+eDwvcD4=\n--b--",
            "Subject: y\n\nz",
        ]);
        crate::mutation::check(sample.as_bytes(), |bytes| {
            for content in [read_mailbox(bytes), read_message(bytes)].into_iter().flatten() {
                crate::mutation::check_content(&content);
            }
        });
        // Parts within parts, deeper than anybody writes.
        let mut deep = "Subject: deep\n".to_owned();
        for level in 0..2_000 {
            deep += &format!("Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n");
        }
        assert!(read_message(deep.as_bytes()).is_ok());
        let nested = format!("Subject: nested\n{}\nx", "Content-Type: message/rfc822\n\nSubject: n\n".repeat(2_000));
        assert!(read_message(nested.as_bytes()).is_ok());
    }
}
