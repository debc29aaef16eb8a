//! Secrets in texts: keys, tokens, passwords, private keys, connection strings. They are found by their form, or by what
//! stands before them, and masked before anything is kept. A memory is read back to programs and agents, and is no place
//! for what opens a door.

pub(crate) mod masking;
mod phrase;
mod randomness;
mod rule;
mod table;

use std::collections::BTreeMap;
use std::ops::Range;

pub(crate) use self::randomness::is_hash;
use self::rule::Rules;

/// What a masked secret begins with, where there is room for it.
pub const MASK: &str = "[redacted]";

/// A secret in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// What it is, in words: `password`, `GitHub token`.
    pub kind: &'static str,
    /// Where it is; what names it (`password:`) is not part of it.
    pub span: Range<usize>,
}

/// How many of each kind were masked.
pub type Masked = BTreeMap<&'static str, usize>;

/// Finds the secrets of a text, in order and apart from each other.
pub fn find(text: &str) -> Vec<Secret> {
    let mut found = Rules::get().find(text);
    // The longest of those that begin first: a key in a connection string is that one's password.
    found.sort_unstable_by_key(|secret| (secret.span.start, std::cmp::Reverse(secret.span.end)));
    let mut apart: Vec<Secret> = Vec::with_capacity(found.len());
    for secret in found {
        match apart.last_mut().filter(|last| secret.span.start < last.span.end) {
            // One that goes on behind another's end is a part of it.
            Some(last) => last.span.end = last.span.end.max(secret.span.end),
            None => apart.push(secret),
        }
    }
    apart
}

/// Masks the secrets of a text byte for byte, so that places and lines in it stay what they are; returns how many of each
/// kind there were.
pub fn mask(text: &mut String) -> Masked {
    let mut masked = Masked::new();
    for secret in find(text) {
        let mask = masked_as(&text[secret.span.clone()]);
        text.replace_range(secret.span, &mask);
        *masked.entry(secret.kind).or_default() += 1;
    }
    masked
}

/// Says in words what was masked: `password, 2 × GitHub token`.
pub fn in_words(masked: &Masked) -> String {
    let words =
        masked.iter().map(|(kind, count)| if *count == 1 { (*kind).to_owned() } else { format!("{count} × {kind}") });
    words.collect::<Vec<_>>().join(", ")
}

fn masked_as(secret: &str) -> String {
    let mut mask: Vec<u8> = secret.bytes().map(|byte| if byte == b'\n' { byte } else { b'*' }).collect();
    let first_line = secret.find('\n').unwrap_or(secret.len());
    if first_line >= MASK.len() {
        mask[..MASK.len()].copy_from_slice(MASK.as_bytes());
    }
    String::from_utf8(mask).expect("ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<&'static str> {
        find(text).into_iter().map(|secret| secret.kind).collect()
    }

    fn masked(text: &str) -> String {
        let mut text = text.to_owned();
        mask(&mut text);
        text
    }

    /// Joined here, so that no key stands in this file as one.
    fn made(parts: &[&str]) -> String {
        parts.concat()
    }

    #[test]
    fn keys_are_known_by_their_form() {
        let random = "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5";
        let hex = "0123456789abcdef0123456789abcdef";
        for (kind, key) in [
            ("AWS access key", made(&["AKIA", "IOSFODNN7ABCDEFG"])),
            ("GitHub token", made(&["ghp_", random])),
            ("GitHub token", made(&["github_pat_", random, random])),
            ("GitLab token", made(&["glpat-", random])),
            ("Slack token", made(&["xoxb-", "123456789012-abcdefghijkl"])),
            ("Google API key", made(&["AIza", &random[..35]])),
            ("Stripe key", made(&["sk_live_", random])),
            ("API key", made(&["sk-ant-", random])),
            ("API key", made(&["sk-", random])),
            ("Hugging Face token", made(&["hf_", random])),
            ("npm token", made(&["npm_", random])),
            ("crates.io token", made(&["cio", &random[..32]])),
            ("DigitalOcean token", made(&["dop_v1_", hex, hex])),
            ("Twilio key", made(&["SK", hex])),
            ("Telegram token", made(&["123456789:AA", &random[..33]])),
            (
                "JSON web token",
                made(&["eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiIxMjM0NTY3ODkwIn0", ".dozjgNryP4J3jVmNHl0w5N_XgL0n3I9"]),
            ),
        ] {
            for text in [key.clone(), format!("see {key}, or not"), format!("token: {key}"), format!("(`{key}`)")] {
                let found = find(&text);
                assert_eq!(found.len(), 1, "{text}: {found:?}");
                assert!(found[0].kind == kind || text.starts_with("token"), "{text}: {found:?}");
                let masked = masked(&text);
                assert!(!masked.contains(&key[key.len() - 8..]) && masked.len() == text.len(), "{masked}");
                assert_eq!(kinds(&masked), Vec::<&str>::new(), "what is masked is not masked again: {masked}");
            }
        }
    }

    #[test]
    fn what_is_named_a_password_is_one() {
        for (text, secret) in [
            ("password: hunter2", "hunter2"),
            ("DB_PASSWORD=correct-horse", "correct-horse"),
            ("  \"password\" : \"two words here\",", "two words here"),
            ("**Password:** `tr0ub4dor&3`", "tr0ub4dor&3"),
            ("passwd = 's3cr3t!'", "s3cr3t!"),
            ("the password for the router is Blue42Whale.", "Blue42Whale"),
            ("The WiFi password is now \"green elephants dance\"", "green elephants dance"),
            ("postgres://mirela:pa55word@db.example.org:5432/shop", "pa55word"),
            ("redis://:sup3rs3cret@localhost", "sup3rs3cret"),
            ("Authorization: Bearer abc123def456", "abc123def456"),
            ("authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
            ("curl -u admin:swordfish1 https://example.org", "swordfish1"),
            ("api_key = 7f3d9a1c5e8b2f60", "7f3d9a1c5e8b2f60"),
            (
                "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY12",
                "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY12",
            ),
            ("password: swordfish\nnext", "swordfish"),
            (r#"{"password": "ab\"cd"}"#, r#"ab\"cd"#),
            ("my pin is 4711", "4711"),
            ("DB_PASSWORD=postgres://u:pa,w0rd@h", "postgres://u:pa,w0rd"),
            ("client-secret: \"a1b2c3d4e5f6g7h8\"", "a1b2c3d4e5f6g7h8"),
            ("passphrase: correct horse battery staple\nnext", "correct horse battery staple"),
            ("Password: correct-horse-battery-staple", "correct-horse-battery-staple"),
            ("The passphrase of the backup is lamp river cobalt noon anvil.", "lamp river cobalt noon anvil"),
            ("| user | mirela |\n| password | hunter2 |", "hunter2"),
            ("| **WiFi password** | `Blue42Whale` | hall |", "Blue42Whale"),
            ("| who | password | since |\n|---|:---:|---|\n| mirela | hunter2 | 2024 |", "hunter2"),
            ("name | passphrase\n--- | ---\nbackup | correct horse battery staple", "correct horse battery staple"),
            ("<user>mirela</user>\n<password>hunter</password>", "hunter"),
            ("<jdbc:dbPassword type=\"plain\">\n  s3cr3t!\n</jdbc:dbPassword>", "s3cr3t!"),
            ("<password><![CDATA[tr0ub4dor]]></password>", "tr0ub4dor"),
            ("<property name=\"db.password\" value=\"hunter2\"/>", "hunter2"),
            ("mysqldump --user root --password hunter2 shop", "hunter2"),
            ("run `backup --repo-password=swordf1sh --quiet`", "swordf1sh"),
            ("tool --password \"two words here\"", "two words here"),
            ("deploy --api-token 7f3d9a1c5e8b2f60aa", "7f3d9a1c5e8b2f60aa"),
        ] {
            let found = find(text);
            assert_eq!(found.iter().map(|found| &text[found.span.clone()]).collect::<Vec<_>>(), [secret], "{text}");
            assert_eq!(kinds(&masked(text)), Vec::<&str>::new(), "{text}");
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        for text in [
            "fixed in f572d396fae9206628714fb2ce00f72e94f2258f, see 9f2c1ab",
            "commit token 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
            "id 123e4567-e89b-12d3-a456-426614174000",
            "integrity sha512-oRRr2VWE8K5p7jvC2V1JhP4mPbT7Q3k9Yz0Lw8aXcNfGhUeDsQ1w2E3r4T5y6U7i8O9p0A1sD2fG3hJ4kL5zX6cQ==",
            "![](data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk)",
            "https://github.com/rust-lang/regex/blob/master/regex-automata/src/meta/strategy.rs#L120",
            "the password is the name of her first dog",
            "password: $DB_PASSWORD, or <your password>, token: ${{ secrets.TOKEN }}",
            "password = None",
            "a token is what the lexer returns; token: identifier",
            "Secret: he was never in Ghent",
            "[[Password managers]] and #passwords",
            "api key: see the vault",
            "blk_-1608999687919862906 terminating, dfs.DataNode$PacketResponder",
            "Failed password for invalid user webmaster from 173.234.31.186 port 38926 ssh2",
            "http://localhost:8080/@fs/home",
            "mailto://someone@example.org",
            "the file must start with -----BEGIN PRIVATE KEY----- or it is refused. And so on, for a long while",
            "PWD=/home/mirela/project",
            "use password::Hasher; let password: Option<String> = None; password = args.password",
            "if a.password==b.hash { }",
            "Password: see the vault",
            "## Password:\n\nThe policy is strict.",
            "Pin 4 is GPIO17, and the pin is 3.3V tolerant",
            "the password rotation for prod was 2026-03-01; the password length is 16-64",
            "private_key: ~/.ssh/id_ed25519",
            "secret: db-credentials-v2",
            "credentials: config/gcp-prod2.json",
            "token: 2026-03-01T10:00",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8Xx0Jb3mT5VwQ2yZ7kLr9sPq1uNc4dEf6gHi8jKlMn mirela",
            "ThisIsAVeryLongCamelCaseIdentifierNameWithoutAnyDigits2",
            "passphrase: choose at least four random words",
            "Password: minimum eight characters long",
            "Password policy: long words beat short symbols",
            "The passphrase is stored nowhere else today.",
            "The password is known only among administrators",
            "| Field | Type | Required |\n|---|---|---|\n| password | string | yes |\n| token | string? | no |",
            "| password | varchar(255) | NOT NULL |\n| password | NVARCHAR2 | - |\n| password | String! | the user's |",
            "| password | The password of the user, 8 characters or more |",
            "| Setting | Password |\n|---|---|\n| hashing | bcrypt12 |\n| digest | SHA-256 |\n| factor | 2FA-only |",
            "| Change password | Ctrl+Alt+P2 |\n| password | Ctrl+Alt+P2 |",
            "| password | [how to](reset1.md) | https://example.org/p1 |",
            "      --password <PASSWORD>   The password to log in with [env: DB_PASSWORD=]",
            "  -p, --password PASSWORD    Prompts if left out",
            "  --password=PASSWORD, --password=VALUE or --password [PASS1]",
            "use --password instead of -p, or --password-file /run/secrets/db1",
            "--password $DB_PASS1, --password=${PASS1}, --password env:PGPASS1, --password=stdin, --password string",
            "the option --password, -p8 and --passwordless",
            "<xs:element name=\"password\" type=\"xs:string\" minOccurs=\"0\"/>",
            "<xs:documentation>The password of the user</xs:documentation>",
            "<password>string</password> <password>${db.password1}</password> <password>********</password>",
            "<Password>Your password must have 8 characters</Password>",
            "<string name=\"password\">Password2</string><label>Password</label>",
            "<input type=\"password\" name=\"password\" value=\"\"> <button name=\"password\" value=\"Change\">",
        ] {
            assert_eq!(find(text), [], "{text}");
        }
    }

    #[test]
    fn a_private_key_keeps_its_lines() {
        let key = made(&[
            "-----BEGIN RSA PRIVATE",
            " KEY-----\nMIIEowIBAAKCAQEAvmDY4kLqPwz3\nAAAA\n-----END RSA PRIVATE KEY-----\nafter",
        ]);
        let masked = masked(&key);
        assert_eq!(masked, key.replace("MIIEowIBAAKCAQEAvmDY4kLqPwz3", &"*".repeat(28)).replace("AAAA", "****"));
        let cut = made(&["-----BEGIN PRIVATE", " KEY-----\nMIIEowIBAAKCAQEAvmDY4kLqPwz3\nAAAA"]);
        assert!(!super::tests::masked(&cut).contains("MIIE"), "also one without an end");
    }

    #[test]
    fn a_key_of_any_length_is_masked() {
        let endless = format!("-----BEGIN {} KEY-----\n{}", "PRIVATE", "MIIEowIBAAKCAQEAvmDY4kLqPwz3\n".repeat(3_000));
        assert!(!masked(&endless).contains("MIIE"));
    }
}
