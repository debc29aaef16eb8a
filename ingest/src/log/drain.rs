//! The Drain algorithm (He, Zhu, Zheng, Lyu: "Drain: An Online Log Parsing Approach with Fixed Depth Tree", ICWS 2017):
//! messages of the same length and the same first words are in one group of templates, and the most similar template of
//! the group takes a message in, with `<*>` where the two differ.
//!
//! Two things are other than in the paper. A template that is word for word the message takes it in whatever the
//! similarity, since a message that is masked whole would else make a new one each time. And templates are bounded: what
//! comes when there are enough and fits none is counted as one.
//!
//! The tree is made of the templates alone, in their order, so whoever keeps those can go on where the last reader ended.

use std::collections::HashMap;

use super::mask::{Tokens, WILDCARD};

/// Depth of the tree in the paper's count, root and leaves included; 4 for eleven of the sixteen logs in Zhu et al.,
/// "Tools and Benchmarks for Automated Log Parsing", ICSE-SEIP 2019.
const DEPTH: usize = 4;
/// First words that lead to a group.
const LEADING_TOKENS: usize = DEPTH - 2;
/// Share of words that have to be the same; 0.5 for nine of those sixteen.
const SIMILARITY: f64 = 0.5;
/// Children of one node, the paper's maxChild: further first words share one node.
pub const MAX_CHILDREN: usize = 100;
/// Templates of one log. Programs have hundreds; what goes beyond is text that no program wrote as a template.
pub const MAX_TEMPLATES: usize = 1_000;

/// The templates of one log.
#[derive(Debug, Default)]
pub(crate) struct Drain {
    by_length: HashMap<usize, Node>,
    templates: Vec<Vec<Box<str>>>,
    /// Which template takes what fits none, once there are enough.
    rest: Option<usize>,
}

#[derive(Debug, Default)]
struct Node {
    children: HashMap<Box<str>, Node>,
    /// Templates, by their place; only leaves have some.
    templates: Vec<usize>,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    /// It is like a template, which says so already.
    Same(usize),
    /// It is like a template, which is more general now.
    Widened(usize),
    /// It is a template of its own.
    New(usize),
}

impl Drain {
    /// Takes in a template that was mined before. They have to come in their order.
    pub fn restore(&mut self, template: &str) {
        let tokens: Vec<Box<str>> = template.split(' ').map(Into::into).collect();
        // Its place in the list is its name elsewhere, so it is not asked whether there is room.
        self.insert(tokens);
    }

    /// Returns how many templates there are.
    pub fn len(&self) -> usize {
        self.templates.len()
    }

    /// Returns a template as text.
    pub fn template(&self, at: usize) -> String {
        self.templates[at].join(" ")
    }

    /// Finds the template of a message, or makes one.
    pub fn learn(&mut self, tokens: &Tokens) -> Match {
        if let Some(at) = self.find(tokens) {
            return if widen(&mut self.templates[at], tokens) { Match::Widened(at) } else { Match::Same(at) };
        }
        if self.templates.len() + 1 < MAX_TEMPLATES {
            return Match::New(self.insert(tokens.iter().map(Into::into).collect()));
        }
        match self.rest {
            Some(at) => Match::Same(at),
            None => {
                // Read back, it is the last one there is room for.
                if self.templates.len() == MAX_TEMPLATES {
                    self.rest = Some(MAX_TEMPLATES - 1);
                    return Match::Same(MAX_TEMPLATES - 1);
                }
                let at = self.insert(vec![WILDCARD.into()]);
                self.rest = Some(at);
                Match::New(at)
            }
        }
    }

    fn find(&self, tokens: &Tokens) -> Option<usize> {
        let mut node = self.by_length.get(&tokens.len())?;
        for token in tokens.iter().take(LEADING_TOKENS) {
            node = node.children.get(token).or_else(|| node.children.get(WILDCARD))?;
        }
        let mut best: Option<(usize, usize, usize)> = None;
        for at in &node.templates {
            let (same, wild, differ) = compare(&self.templates[*at], tokens);
            if !differ {
                return Some(*at);
            }
            // As the paper's program decides: more of the same, then more parameters.
            if best.is_none_or(|(_, most, wildest)| (same, wild) > (most, wildest)) {
                best = Some((*at, same, wild));
            }
        }
        best.filter(|(_, same, _)| *same as f64 >= SIMILARITY * tokens.len() as f64).map(|(at, _, _)| at)
    }

    fn insert(&mut self, tokens: Vec<Box<str>>) -> usize {
        let at = self.templates.len();
        let mut node = self.by_length.entry(tokens.len()).or_default();
        for token in tokens.iter().take(LEADING_TOKENS) {
            let is_known = node.children.contains_key(token);
            // One child is kept free for what has no room, or is a parameter by its look.
            let has_wild = node.children.contains_key(WILDCARD);
            let has_room = node.children.len() + usize::from(!has_wild) < MAX_CHILDREN;
            let has_digits = token.bytes().any(|byte| byte.is_ascii_digit());
            let key = if is_known || (has_room && !has_digits) { token.clone() } else { WILDCARD.into() };
            node = node.children.entry(key).or_default();
        }
        node.templates.push(at);
        self.templates.push(tokens);
        at
    }
}

/// Counts the words that are the same and those that are parameters, and tells whether anything else differs.
fn compare(template: &[Box<str>], tokens: &Tokens) -> (usize, usize, bool) {
    let (mut same, mut wild, mut differ) = (0, 0, false);
    for (known, token) in template.iter().zip(tokens.iter()) {
        if known.as_ref() == WILDCARD {
            wild += 1;
            differ |= token != WILDCARD;
        } else if known.as_ref() == token {
            same += 1;
        } else {
            differ = true;
        }
    }
    (same, wild, differ)
}

fn widen(template: &mut [Box<str>], tokens: &Tokens) -> bool {
    let mut is_wider = false;
    for (known, token) in template.iter_mut().zip(tokens.iter()) {
        if known.as_ref() != token && known.as_ref() != WILDCARD {
            *known = WILDCARD.into();
            is_wider = true;
        }
    }
    is_wider
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learn(drain: &mut Drain, message: &str) -> Match {
        let mut tokens = Tokens::default();
        tokens.read(message);
        drain.learn(&tokens)
    }

    #[test]
    fn messages_of_one_form_are_one_template() {
        let mut drain = Drain::default();
        assert_eq!(learn(&mut drain, "Accepted password for anna from 10.0.0.1"), Match::New(0));
        assert_eq!(learn(&mut drain, "Accepted password for anna from 10.0.0.2"), Match::Same(0));
        assert_eq!(learn(&mut drain, "Accepted password for oskar from 10.0.0.2"), Match::Widened(0));
        assert_eq!(learn(&mut drain, "Connection closed by 10.0.0.1"), Match::New(1));
        assert_eq!(drain.template(0), "Accepted password for <*> from <*>");
        assert_eq!(learn(&mut drain, "17"), Match::New(2));
        assert_eq!(learn(&mut drain, "18"), Match::Same(2));
    }

    #[test]
    fn a_tree_made_of_the_templates_goes_on_as_the_first_would() {
        let messages: Vec<String> = (0..3_000)
            .map(|n| format!("w{} is {} of {} by {n}", ["a", "b", "c"][n % 3], ["up", "down"][n % 2], n % 7))
            .chain((0..300).map(|n| format!("{} word{} end", char::from(b'a' + (n % 26) as u8), "x".repeat(n % 150))))
            .collect();
        let mut whole = Drain::default();
        let all: Vec<Match> = messages.iter().map(|message| learn(&mut whole, message)).collect();
        for cut in [1, 7, 1_500, 3_100] {
            let mut first = Drain::default();
            for message in &messages[..cut] {
                learn(&mut first, message);
            }
            let mut second = Drain::default();
            (0..first.templates.len()).for_each(|at| second.restore(&first.template(at)));
            let rest: Vec<Match> = messages[cut..].iter().map(|message| learn(&mut second, message)).collect();
            assert_eq!(rest, all[cut..], "{cut}");
        }
    }

    #[test]
    fn templates_and_children_are_bounded() {
        let mut drain = Drain::default();
        let name = |n: usize| format!("{}{}", char::from(b'a' + (n % 26) as u8), "z".repeat(n / 26 + 1));
        for n in 0..2 * MAX_TEMPLATES {
            learn(&mut drain, &format!("{} {} alone", name(n), name(n + 1)));
        }
        assert!(drain.by_length[&3].children.len() <= MAX_CHILDREN);
        for n in 0..2 * MAX_TEMPLATES {
            learn(&mut drain, &"q ".repeat(n % 120 + 1).replacen('q', &name(n), 1));
        }
        for n in 0..2 * MAX_TEMPLATES {
            learn(&mut drain, &format!("{} {}", name(n % 90), name(n)).repeat(1));
            learn(&mut drain, &format!("{} {} x {} y {}", name(n % 90), name(n / 90), name(n), name(n + 7)));
        }
        assert_eq!(drain.templates.len(), MAX_TEMPLATES);
        assert_eq!(learn(&mut drain, "never seen before at all"), Match::Same(MAX_TEMPLATES - 1));
        assert_eq!(drain.template(MAX_TEMPLATES - 1), WILDCARD);
        let mut again = Drain::default();
        (0..MAX_TEMPLATES).for_each(|at| again.restore(&drain.template(at)));
        assert_eq!(learn(&mut again, "never seen before at all"), Match::Same(MAX_TEMPLATES - 1));
    }
}
