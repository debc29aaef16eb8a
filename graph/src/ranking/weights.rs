//! What each signal is worth. One setting for everything; `hydra eval tune` repeats the choice.
//!
//! Chosen by coordinate ascent from even weights over six public sets together (dialogues, chats with an assistant,
//! multi-hop questions over encyclopaedia paragraphs, short abstracts); what such a choice is worth on memories that it did
//! not see is in BENCHMARKS.md. No weight looks at how a question is worded.

/// The weights of the ranking. Zero switches a signal off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weights {
    /// BM25 over its maximum; the scaled cosine gets the rest to 1. Score fusion, not rank fusion, because ranks throw
    /// the distances away.
    pub lexical: f32,
    /// The question names who said it, or whom it is about if nobody said it.
    pub speaker: f32,
    /// Taken off what a program said in a conversation: its words are many, and follow from the person's.
    pub machine: f32,
    /// The conversation it stands in has other good candidates.
    pub session: f32,
    /// When it happened lies in the time that the question names.
    pub time: f32,
    /// Word pieces of question and text, compared one by one (late interaction).
    pub late: f32,
    /// The question names what it is called.
    pub called: f32,
    /// A good candidate mentions what it is called, or both mention the same rare name.
    pub names: f32,
    /// The second of these against the first.
    pub shared: f32,
    /// Personalised PageRank over links from the best candidates.
    pub links: f32,
    /// What each further passage of one note keeps of its score.
    pub sibling: f32,
}

impl Weights {
    /// The setting in force, as `make tune` prints it.
    pub const CHOSEN: Self = Self { machine: 0.79, names: 0.9, shared: 0.25, ..Self::EVEN };

    /// Every signal at a half: where a choice begins that must not know the outcome of an earlier one.
    pub const EVEN: Self = Self {
        lexical: 0.5,
        speaker: 0.5,
        machine: 0.5,
        session: 0.5,
        time: 0.5,
        late: 0.5,
        called: 0.5,
        names: 0.5,
        shared: 0.5,
        links: 0.5,
        sibling: 0.5,
    };

    /// Every weight by its name, to be set one at a time.
    pub fn each(&mut self) -> [(&'static str, &mut f32); 11] {
        [
            ("lexical", &mut self.lexical),
            ("speaker", &mut self.speaker),
            ("machine", &mut self.machine),
            ("session", &mut self.session),
            ("time", &mut self.time),
            ("late", &mut self.late),
            ("called", &mut self.called),
            ("names", &mut self.names),
            ("shared", &mut self.shared),
            ("links", &mut self.links),
            ("sibling", &mut self.sibling),
        ]
    }

    /// What a candidate gets that is best in everything.
    pub(crate) fn highest(&self) -> f32 {
        1.0 + self.speaker + self.session + self.time + self.late + self.called + self.names + self.links
    }
}
