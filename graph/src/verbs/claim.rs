//! What becomes of a new fact beside those that are believed: the same again, a successor, or a conflict.

use crate::fact::Fact;
use crate::id::Id;
use crate::journal::Trust;
use crate::time::Timestamp;

/// A fact that is less sure ends none.
pub(crate) const LEAST_CONFIDENCE_TO_END: f32 = 0.5;

/// What is to be done.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Verdict {
    /// The believed fact that says the same; then there is nothing else.
    pub same: Option<Id>,
    /// Since when the new one holds, if that follows from the others.
    pub from: Option<Timestamp>,
    /// Until when.
    pub to: Option<Timestamp>,
    /// The one that says so by beginning then.
    pub ended_by: Option<Id>,
    /// Facts that it ends, and when.
    pub ends: Vec<(Id, Timestamp)>,
    /// Facts that it disagrees with: both sides stay.
    pub against: Vec<Id>,
}

/// Decides. Only a functional predicate makes one fact end another, and only the one that came before it: by someone
/// trusted less, or unsure, it is a conflict. What is told late about an earlier time ends when the next begins.
pub(super) fn decide(is_functional: bool, new: &Fact, held: &[Fact]) -> Verdict {
    let mut verdict = Verdict { from: new.from, to: new.to, ..Verdict::default() };
    if let Some(same) = held.iter().find(|held| held.object == new.object && is_same_time(new, held)) {
        return Verdict { same: Some(same.id), ..Verdict::default() };
    }
    if !is_functional {
        return verdict;
    }
    let mut others: Vec<&Fact> = held.iter().filter(|held| held.object != new.object).collect();
    others.sort_by_key(|held| held.start());
    for held in others {
        let is_before = held.to.is_some_and(|end| end <= new.start());
        let is_after = verdict.to.is_some_and(|end| end <= held.start());
        if is_before || is_after {
            continue;
        }
        // An end that followed from what was known gives way to what is known better.
        let is_open = held.to.is_none() || held.ended_by.is_some();
        if is_open && held.start() < new.start() {
            // A dispute is not decided by whoever speaks last.
            if !is_dispute_for(held, new.trust) && new.trust >= held.trust && new.confidence >= LEAST_CONFIDENCE_TO_END
            {
                verdict.ends.push((held.id, new.start()));
                verdict.from = Some(new.start());
            } else {
                verdict.against.push(held.id);
            }
        } else if verdict.to.is_none() && new.start() < held.start() && is_sure_of_its_start(held, new) {
            (verdict.to, verdict.ended_by) = (Some(held.start()), Some(held.id));
        } else {
            verdict.against.push(held.id);
        }
    }
    verdict
}

/// Tells whether a fact is in a dispute that somebody of that trust does not decide by speaking: whoever is trusted more
/// than one side is not held up by it, or a line in a mail could keep the owner's next word from counting.
fn is_dispute_for(held: &Fact, trust: Trust) -> bool {
    held.disputed_by.is_some_and(|other| trust <= other.min(held.trust))
}

/// Finds the fact that ends one whose end is open again: the first that begins later and may.
pub(super) fn successor<'f>(reopened: &Fact, held: &'f [Fact]) -> Option<&'f Fact> {
    let may = |held: &&Fact| {
        held.object != reopened.object
            && reopened.start() < held.start()
            && !is_dispute_for(reopened, held.trust)
            && held.trust >= reopened.trust
            && held.confidence >= LEAST_CONFIDENCE_TO_END
    };
    held.iter().filter(may).min_by_key(|held| held.start())
}

/// Tells whether a fact that begins later says when the new one ended: not if it is unsure itself or disputed, nor if it has
/// no start but the day it was said, and the new one was said after that.
fn is_sure_of_its_start(held: &Fact, new: &Fact) -> bool {
    let is_sure =
        held.trust >= new.trust && held.confidence >= LEAST_CONFIDENCE_TO_END && !is_dispute_for(held, new.trust);
    is_sure && (held.from.is_some() || new.told < held.told)
}

/// Tells whether the same statement is believed of the same time.
fn is_same_time(new: &Fact, held: &Fact) -> bool {
    match (held.to, new.to) {
        (None, None) => true,
        (None, Some(end)) => new.from == held.from && held.start() < end,
        (Some(end), None) => new.from.is_some() && new.from == held.from && new.start() < end,
        (Some(end), Some(new_end)) => end == new_end && (new.from == held.from || new.from.is_none()),
    }
}

#[cfg(test)]
mod tests {
    use oxigraph::model::NamedNode;

    use super::*;
    use crate::store::string;

    fn day(day: i64) -> Timestamp {
        Timestamp::from_millis(day * 86_400_000)
    }

    /// A fact told on a day, about a time.
    fn fact(id: u64, object: &str, told: i64, from: Option<i64>, to: Option<i64>) -> Fact {
        Fact {
            id: Id(id),
            subject: Id(1),
            predicate: NamedNode::new_unchecked("urn:p"),
            object: string(object).into(),
            space: "personal".into(),
            from: from.map(day),
            to: to.map(day),
            told: day(told),
            trust: Trust::Owner,
            confidence: 1.0,
            ended_by: None,
            disputed_by: None,
        }
    }

    #[test]
    fn a_newer_value_ends_the_one_before_it() {
        let held = [fact(1, "Acme", 10, None, None)];
        let new = fact(2, "Beta", 20, None, None);
        let verdict = decide(true, &new, &held);
        assert_eq!((verdict.ends, verdict.from), (vec![(Id(1), day(20))], Some(day(20))));
        let dated = fact(2, "Beta", 20, Some(15), None);
        assert_eq!(decide(true, &dated, &held).ends, [(Id(1), day(15))]);
        assert_eq!(decide(false, &new, &held), Verdict::default(), "one may know many people");
    }

    #[test]
    fn what_is_told_late_ends_when_the_next_begins() {
        let held = [fact(1, "Beta", 20, Some(15), None), fact(2, "Acme", 20, Some(5), Some(15))];
        let verdict = decide(true, &fact(3, "School", 30, Some(1), None), &held);
        assert_eq!((verdict.to, verdict.ends.len(), verdict.against.len()), (Some(day(5)), 0, 0));
        let between = decide(true, &fact(3, "School", 30, Some(1), Some(4)), &held);
        assert_eq!((between.to, between.against.len()), (Some(day(4)), 0));
    }

    #[test]
    fn an_inferred_end_gives_way_and_a_told_one_does_not() {
        let porto = fact(2, "Porto", 20, Some(15), None);
        let ghent = Fact { ended_by: Some(Id(2)), ..fact(1, "Ghent", 10, Some(1), Some(15)) };
        let lucca = decide(true, &fact(3, "Lucca", 30, Some(9), None), &[ghent.clone(), porto.clone()]);
        assert_eq!((lucca.ends, lucca.to, lucca.against.len()), (vec![(Id(1), day(9))], Some(day(15)), 0));
        let told = Fact { ended_by: None, ..ghent };
        assert_eq!(decide(true, &fact(3, "Lucca", 30, Some(9), None), &[told, porto]).against, [Id(1)]);
    }

    #[test]
    fn who_is_trusted_less_or_unsure_ends_nothing() {
        let held = [fact(1, "Acme", 10, None, None)];
        let agent = Fact { trust: Trust::Agent, ..fact(2, "Beta", 20, None, None) };
        let verdict = decide(true, &agent, &held);
        assert_eq!((verdict.ends.len(), verdict.against), (0, vec![Id(1)]));
        let unsure = Fact { confidence: LEAST_CONFIDENCE_TO_END - 0.01, ..fact(2, "Beta", 20, None, None) };
        assert_eq!(decide(true, &unsure, &held).against, [Id(1)]);
        let disputed = [Fact { disputed_by: Some(Trust::Owner), ..fact(1, "Acme", 10, None, None) }];
        assert_eq!(decide(true, &fact(2, "Beta", 20, None, None), &disputed).against, [Id(1)]);
        let by_agent = Fact { disputed_by: Some(Trust::Agent), ..fact(1, "Acme", 10, None, None) };
        let agents = Fact { trust: Trust::Agent, disputed_by: Some(Trust::Owner), ..fact(3, "Gamma", 12, None, None) };
        let both = decide(true, &fact(2, "Beta", 20, None, None), &[by_agent, agents]);
        assert_eq!((both.ends.len(), both.against.len()), (2, 0), "what an agent disputes the owner goes on to say");
        let sure = Fact { confidence: LEAST_CONFIDENCE_TO_END, ..unsure };
        assert_eq!(decide(true, &sure, &held).ends.len(), 1);
    }

    #[test]
    fn a_start_that_is_only_the_day_it_was_said_ends_nothing_told_later() {
        let new = fact(2, "Porto", 20, Some(5), None);
        let vague = fact(1, "Ghent", 10, None, None);
        assert_eq!(decide(true, &new, std::slice::from_ref(&vague)).against, [Id(1)]);
        let dated = Fact { from: Some(day(10)), ..vague };
        assert_eq!(decide(true, &new, std::slice::from_ref(&dated)).to, Some(day(10)));
        for unsure in [Fact { confidence: 0.3, ..dated.clone() }, Fact { trust: Trust::Agent, ..dated.clone() }] {
            assert_eq!(decide(true, &new, &[unsure]).against, [Id(1)]);
        }
        let early = fact(2, "Porto", 5, None, None);
        assert_eq!(
            decide(true, &early, &[Fact { from: None, ..dated }]).to,
            Some(day(10)),
            "both were said, in that order"
        );
    }

    #[test]
    fn two_values_of_one_time_are_a_conflict() {
        let held = [fact(1, "3 May", 10, Some(0), Some(9))];
        assert_eq!(decide(true, &fact(2, "4 May", 11, Some(5), Some(9)), &held).against, [Id(1)]);
        let held = [fact(1, "3 May", 10, Some(3), None)];
        assert_eq!(decide(true, &fact(2, "4 May", 11, Some(3), None), &held).against, [Id(1)]);
    }

    #[test]
    fn the_same_again_is_one_fact_and_a_return_is_another() {
        let held = [fact(1, "Acme", 10, Some(1), Some(5)), fact(2, "Beta", 10, Some(5), None)];
        assert_eq!(decide(true, &fact(3, "Beta", 20, None, None), &held).same, Some(Id(2)));
        let back = decide(true, &fact(3, "Acme", 20, None, None), &held);
        assert_eq!((back.same, back.ends), (None, vec![(Id(2), day(20))]));
        assert_eq!(decide(true, &fact(3, "Acme", 20, Some(1), Some(5)), &held).same, Some(Id(1)));
    }
}
