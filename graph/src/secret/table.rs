//! Passwords in tables of plain text: beside a cell that is called so, or below one at the head of a column.
//!
//! A table of documentation names passwords too, with their types and what they are for; so a cell counts only if it is one
//! string that is no plain word and no type, or a passphrase.

use std::ops::Range;

use super::Secret;
use super::phrase::is_passphrase;
use super::rule::is_said;

/// Longest row that is read.
const MAX_ROW_BYTES: usize = 4_096;
/// Shortest cell that may be a password.
const MIN_BYTES: usize = 6;
/// What a cell is called that has one beside or below it.
const NAMES: [&str; 10] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "passwort",
    "kennwort",
    "contraseña",
    "mot de passe",
    "pwd",
    "wachtwoord",
];
/// Whose password it may be: `WiFi password`. What is done with one is no name of it.
const WHOSE: [&str; 20] = [
    "admin", "database", "db", "default", "email", "ftp", "guest", "imap", "login", "mail", "master", "my", "root",
    "router", "smtp", "ssh", "user", "vpn", "wi-fi", "wifi",
];
/// Types, algorithms and keys on a keyboard: the first word of what is no password.
const TYPES: [&str; 32] = [
    "aes", "alt", "argon", "base", "bcrypt", "bool", "boolean", "bytes", "char", "cmd", "crypt", "ctrl", "fa", "f",
    "hash", "int", "integer", "md", "nullable", "ntlm", "nvarchar", "oauth", "pbkdf", "rfc", "rsa", "scrypt", "sha",
    "str", "utf", "v", "varchar", "version",
];

/// Finds them.
pub(super) fn find(text: &str) -> Vec<Secret> {
    let mut found = Vec::new();
    if !text.contains('|') {
        return found;
    }
    let mut rows = rows(text).peekable();
    // Which columns of the table that is read have passwords.
    let mut columns: Vec<usize> = Vec::new();
    while let Some(row) = rows.next() {
        let cells = match row {
            Row::Cells(cells) => cells,
            Row::Rule => continue,
            Row::None => {
                columns.clear();
                continue;
            }
        };
        if matches!(rows.peek(), Some(Row::Rule)) {
            columns = (0..cells.len()).filter(|column| is_name(&text[cells[*column].clone()])).collect();
            continue;
        }
        let below = columns.iter().filter_map(|column| cells.get(*column));
        let beside = cells.windows(2).filter(|pair| is_name(&text[pair[0].clone()])).map(|pair| &pair[1]);
        found.extend(below.chain(beside).filter_map(|cell| secret(text, cell.clone())));
    }
    found
}

enum Row {
    /// Where the cells are, without what surrounds their words.
    Cells(Vec<Range<usize>>),
    /// What stands between the head of a table and the rest.
    Rule,
    /// No row of a table.
    None,
}

fn rows(text: &str) -> impl Iterator<Item = Row> + '_ {
    let mut start = 0;
    text.split_inclusive('\n').map(move |line| {
        let at = start;
        start += line.len();
        let bare = line.trim();
        if !bare.contains('|') || bare.len() > MAX_ROW_BYTES {
            return Row::None;
        }
        if bare.contains('-') && bare.bytes().all(|byte| b"|-:+ \t".contains(&byte)) {
            return Row::Rule;
        }
        let from = at + (line.len() - line.trim_start().len());
        let mut cells = Vec::new();
        let mut cell = from;
        for piece in bare.split('|') {
            cells.push(words(piece, cell));
            cell += piece.len() + 1;
        }
        // What stands before the first line of a row and behind its last is no cell.
        if bare.starts_with('|') {
            cells.remove(0);
        }
        if bare.ends_with('|') {
            cells.pop();
        }
        Row::Cells(cells)
    })
}

/// The words of a cell, without marks of emphasis and code.
fn words(piece: &str, at: usize) -> Range<usize> {
    let is_mark = |c: char| c.is_whitespace() || matches!(c, '*' | '`' | '"' | '\'');
    let start = at + piece.len() - piece.trim_start_matches(is_mark).len();
    start..start + piece.trim_matches(is_mark).len()
}

fn is_name(cell: &str) -> bool {
    let name = cell.trim_end_matches(':').to_lowercase();
    let whose = name.rsplit_once(' ').filter(|(whose, name)| WHOSE.contains(whose) && NAMES.contains(name));
    NAMES.contains(&name.as_str()) || whose.is_some()
}

fn secret(text: &str, cell: Range<usize>) -> Option<Secret> {
    let value = &text[cell.clone()];
    let is_one = match value.contains(char::is_whitespace) {
        true => is_passphrase(value),
        false => value.len() >= MIN_BYTES && is_said(value) && !is_type(value),
    };
    let is_masked = value.contains(super::MASK) || value.chars().all(|c| c == '*');
    (is_one && !is_masked).then_some(Secret { kind: "password", span: cell })
}

fn is_type(value: &str) -> bool {
    let lower = value.to_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default();
    TYPES.contains(&first)
        || value.starts_with(['[', '-', '&', '#', '!'])
        || value.contains("://")
        || value.contains("](")
}
