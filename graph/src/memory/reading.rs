//! The verbs that only read.

use std::collections::HashSet;
use std::io::Write;
use std::path::Path;

use super::Memory;
use crate::block::Block;
use crate::collection::Collection;
use crate::document::{LogState, SourceState};
use crate::error::Result;
use crate::id::Id;
use crate::journal;
use crate::map::Atlas;
use crate::moment::Moment;
use crate::question::{Question, Recalled};
use crate::ranking::Weights;
use crate::record::Record;
use crate::sparql::Interrupt;
use crate::text::Coverage;
use crate::time::Timestamp;
use crate::trace::{self, PastAnswer, PastAnswersRequest, UnkeptAnswer};
use crate::verbs;
use crate::verbs::at_hand::{AtHand, Deed};
use crate::verbs::blocks::BlockVersion;
use crate::verbs::changes::{Changes, ChangesRequest};
use crate::verbs::collect::Extent;
use crate::verbs::conflicts::Conflict;
use crate::verbs::context::{Context, ContextRequest};
use crate::verbs::entity::EntityInfo;
use crate::verbs::explain::{Answered, Explanation};
use crate::verbs::get::{GetRequest, GetView, Got};
use crate::verbs::graph::{GraphRequest, Neighbourhood};
use crate::verbs::graph_store::GraphRef;
use crate::verbs::listing::{ListRequest, Listed};
use crate::verbs::map::MapLabel;
use crate::verbs::mentions::{MentionRequest, Mentioned};
use crate::verbs::neighbours::{Neighbours, NeighboursRequest};
use crate::verbs::predicates::PredicateInfo;
use crate::verbs::proposals::{BareRequest, BareTexts, Enrichment, ProposalInfo};
use crate::verbs::query::{QueryAnswer, QueryRequest};
use crate::verbs::refusals::Refusal;
use crate::verbs::sparql::{Choose, SparqlRequest};
use crate::verbs::subject::Subject;
use crate::verbs::timeline::{Timeline, TimelineRequest};

impl Memory {
    /// Returns the calls that were refused last, newest first.
    ///
    /// # Errors
    /// `Invalid` when `limit` is not 1 to [`crate::MAX_REFUSALS_SHOWN`].
    pub fn refusals(&self, limit: usize) -> Result<Vec<Refusal>> {
        verbs::refusals::list(&self.0, limit)
    }

    /// Finds what fits a question, with the reasons.
    pub fn recall(&self, question: &Question) -> Result<Recalled> {
        self.recall_with(question, &Weights::CHOSEN)
    }

    /// As [`Memory::recall`] for whoever may put only a part of the answer before those it is asked for: nothing of it is kept
    /// before [`Memory::keep_answer`] says which part.
    pub fn recall_unkept(&self, question: &Question) -> Result<(Recalled, UnkeptAnswer)> {
        verbs::recall::recall_unkept(&self.0, question, &Weights::CHOSEN)
    }

    /// Keeps an answer of which only these hits were used, so that whoever looks at it later sees the rest as left out.
    pub fn keep_answer(&self, mut answer: UnkeptAnswer, used: &[Id]) {
        answer.narrow(used);
        answer.keep(&self.0);
    }

    /// As [`Memory::recall`] with other weights: for measuring them, not for answering.
    #[doc(hidden)]
    pub fn recall_with(&self, question: &Question, weights: &Weights) -> Result<Recalled> {
        verbs::recall::recall(&self.0, question, weights)
    }

    /// Says why an answer is as it is, or what became of one id in it.
    pub fn explain(&self, answered: Answered, id: Option<Id>) -> Result<Explanation> {
        self.explain_in(&[], answered, id)
    }

    /// As [`Memory::explain`], of an answer that was asked of these spaces alone.
    ///
    /// # Errors
    /// `NotFound` when it was asked of others too.
    pub fn explain_in(&self, spaces: &[String], answered: Answered, id: Option<Id>) -> Result<Explanation> {
        verbs::explain::explain(&self.0, spaces, answered, id)
    }

    /// Returns what the graph says of each id.
    pub fn get(&self, ids: &[Id], view: GetView) -> Result<Vec<Got>> {
        self.get_as(&GetRequest { ids: ids.to_vec(), view, ..GetRequest::default() })
    }

    /// As [`Memory::get`], of what the graph said at an earlier moment.
    pub fn get_at(&self, ids: &[Id], view: GetView, known_at: Timestamp) -> Result<Vec<Got>> {
        let moment = Moment { known_at: Some(known_at), true_at: None };
        self.get_as(&GetRequest { ids: ids.to_vec(), view, moment, ..GetRequest::default() })
    }

    /// As [`Memory::get`], with everything that can be asked.
    pub fn get_as(&self, request: &GetRequest) -> Result<Vec<Got>> {
        verbs::get::get(&self.0, request)
    }

    /// Puts together what an agent should know before it starts: deterministic, the same for the same state.
    pub fn context(&self, request: &ContextRequest) -> Result<Context> {
        verbs::context::context(&self.0, request)
    }

    /// Returns what was learned, decided or wanted that matters to what is about to be done, most important first. No model
    /// is asked.
    pub fn at_hand(&self, deed: &Deed) -> Result<Vec<AtHand>> {
        verbs::at_hand::at_hand(&self.0, deed)
    }

    /// Returns those of some memories that apply to other places alone than the folder that the work is done in, and that the
    /// words do not name either.
    pub fn elsewhere(&self, ids: &[Id], folder: &str, words: &str) -> Result<HashSet<Id>> {
        verbs::at_hand::elsewhere(&self.0, ids, folder, words)
    }

    /// Returns for each thing said, and of it for each text, how much of what is said stands in the text, each word weighed by
    /// how rare it is here.
    pub fn coverage(&self, said: &[&str], texts: &[&str]) -> Result<Vec<Vec<Coverage>>> {
        self.0.text.coverage(said, texts)
    }

    /// Returns an entity (by id or name) or a conversation (by id) with the texts that belong to it.
    ///
    /// # Errors
    /// `NotFound` when it is neither.
    pub fn subject(&self, reference: &str) -> Result<Subject> {
        verbs::subject::subject(&self.0, reference)
    }

    /// Returns what happened to an entity, a memory, a conversation or a file, in the order of time.
    ///
    /// # Errors
    /// `NotFound` when it is none of these.
    pub fn timeline(&self, request: &TimelineRequest) -> Result<Timeline> {
        verbs::timeline::timeline(&self.0, request)
    }

    /// Returns what an entity is tied to, and how it is connected with another if one is named.
    ///
    /// # Errors
    /// `NotFound` when nothing of that name is known; `Conflict` when several are meant, listing them.
    pub fn graph(&self, request: &GraphRequest) -> Result<Neighbourhood> {
        verbs::graph::graph(&self.0, request)
    }

    /// Returns the texts that name an entity without linking it, or that give an address, a path, an issue, a commit or a
    /// name in code.
    ///
    /// # Errors
    /// `NotFound` when it is none of these; `Conflict` when several go by the name.
    pub fn mentions(&self, request: &MentionRequest) -> Result<Mentioned> {
        verbs::mentions::mentions(&self.0, request)
    }

    /// Lists what an entity is tied to, the strongest first, page by page.
    ///
    /// # Errors
    /// As [`Memory::graph`].
    pub fn neighbours(&self, request: &NeighboursRequest) -> Result<Neighbours> {
        verbs::neighbours::neighbours(&self.0, request)
    }

    /// Lists the memories of one kind that stand, newest first, page by page.
    ///
    /// # Errors
    /// `NotFound` or `Conflict` when the entity that they are to be about is not known, or is not the only one.
    pub fn list(&self, request: &ListRequest) -> Result<Listed> {
        verbs::listing::list(&self.0, request)
    }

    /// Lists the commits since one, oldest first, with what each touched.
    ///
    /// # Errors
    /// `NotFound` when that is no commit.
    pub fn changes(&self, request: &ChangesRequest) -> Result<Changes> {
        verbs::changes::changes(&self.0, request)
    }

    /// Lists earlier answers of recall, newest first.
    ///
    /// # Errors
    /// `Invalid` for a page of none or too many.
    pub fn past_answers(&self, request: &PastAnswersRequest) -> Result<Vec<PastAnswer>> {
        trace::past_answers(&self.0, request)
    }

    /// Answers a SPARQL query, which only reads.
    ///
    /// # Errors
    /// `Invalid` says where it does not parse or what it may not do; `TooLarge` when it, its work or a row is too large.
    pub fn query(&self, request: &QueryRequest) -> Result<QueryAnswer> {
        verbs::query::query(self, request)
    }

    /// Answers a SPARQL query row by row, in the format that `choose` names when it hears what form the answer has; until
    /// `interrupt` stops it.
    ///
    /// # Errors
    /// As [`Memory::query`]; what `choose` refuses; `TooLarge` when there are more than [`crate::MAX_SPARQL_ROWS`] rows,
    /// of which some may be written then.
    pub fn sparql(
        &self,
        request: &SparqlRequest,
        choose: &mut Choose<'_>,
        interrupt: &Interrupt,
        out: &mut (dyn Write + Send),
    ) -> Result<()> {
        verbs::sparql::sparql(self, request, choose, interrupt, out)
    }

    /// Returns an id that nothing has yet.
    pub fn new_id(&self) -> Id {
        self.0.mint.mint(self.0.now())
    }

    /// Tells whether a graph is there, or was at a moment, for whoever sees everything.
    ///
    /// # Errors
    /// `Invalid` when it is no name, or nothing was known at that moment.
    pub fn has_graph(&self, graph: &GraphRef, moment: Moment) -> Result<bool> {
        verbs::graph_store::has(self, graph, moment)
    }

    /// Returns who or what an entity is (by name or id): its names, and how much is known of it.
    ///
    /// # Errors
    /// `NotFound` when there is none, `Conflict` when several go by that name.
    pub fn entity(&self, reference: &str) -> Result<EntityInfo> {
        verbs::entity::entity(&self.0, reference)
    }

    /// As [`Memory::entity`] for many, from one view; `None` where there is none.
    pub fn entities(&self, references: &[String]) -> Result<Vec<Option<EntityInfo>>> {
        verbs::entity::entities(&self.0, references)
    }

    /// Brings up what is known of the map's dots and ties: reads what was touched since, or all of it at first. Tells whether
    /// anything may have changed.
    pub fn refresh_atlas(&self, atlas: &mut Atlas) -> Result<bool> {
        verbs::map::refresh(&self.0, atlas)
    }

    /// Names dots of the map, in the order in which they are asked for; those that these spaces (all if there are none) do not
    /// see, or that were forgotten, are left out.
    ///
    /// # Errors
    /// `TooLarge` when more than [`crate::MAX_MAP_LABELS`] are asked for.
    pub fn map_labels(&self, ids: &[Id], spaces: &[String]) -> Result<Vec<MapLabel>> {
        verbs::map::labels(&self.0, ids, spaces)
    }

    /// Lists what facts can say: the built-in predicates, then those that were declared.
    pub fn predicates(&self) -> Result<Vec<PredicateInfo>> {
        verbs::predicates::predicates(&self.0)
    }

    /// Lists the open conflicts of the spaces (all if none are named), oldest first.
    pub fn conflicts(&self, spaces: &[String]) -> Result<Vec<Conflict>> {
        verbs::conflicts::conflicts(&self.0, spaces)
    }

    /// Lists the core blocks of the spaces (all if none are named), in the order in which a context shows them.
    pub fn blocks(&self, spaces: &[String]) -> Result<Vec<Block>> {
        verbs::blocks::blocks(&self.0, spaces)
    }

    /// Returns a core block.
    ///
    /// # Errors
    /// `NotFound` when the space has none of that name.
    pub fn block(&self, space: &str, name: &str) -> Result<Block> {
        verbs::blocks::block(&self.0, space, name, None)
    }

    /// As [`Memory::block`], of what it said at an earlier moment.
    pub fn block_at(&self, space: &str, name: &str, known_at: Timestamp) -> Result<Block> {
        verbs::blocks::block(&self.0, space, name, Some(known_at))
    }

    /// Lists every version of a core block, newest first, each with who, when and why.
    pub fn block_versions(&self, space: &str, name: &str) -> Result<Vec<BlockVersion>> {
        verbs::blocks::versions(&self.0, space, name)
    }

    /// Lists what waits in the spaces (all if none are named), oldest first, with what accepting it would do.
    pub fn proposals(&self, spaces: &[String]) -> Result<Vec<ProposalInfo>> {
        verbs::proposals::proposals(&self.0, spaces)
    }

    /// Returns what waits, and the newest texts of which nothing is known but their words.
    pub fn enrichment(&self, spaces: &[String]) -> Result<Enrichment> {
        verbs::proposals::enrichment(&self.0, spaces)
    }

    /// Lists texts of which nothing is known but their words, a stretch a call; `is_wanted` is asked of each id before it is
    /// read, so that what was looked at costs no reading again.
    pub fn bare_texts(&self, request: &BareRequest, is_wanted: &mut dyn FnMut(Id) -> bool) -> Result<BareTexts> {
        verbs::proposals::bare_texts(&self.0, request, is_wanted)
    }

    /// Counts the proposals that wait in a space, without weighing any; what went stale since is counted too.
    pub fn waiting_in(&self, space: &str) -> Result<usize> {
        verbs::proposals::waiting_in(&self.0, space)
    }

    /// Lists the spaces that something belongs to.
    pub fn spaces(&self) -> Result<Vec<String>> {
        verbs::spaces::spaces(&self.0)
    }

    /// Returns those of the named spaces that nothing belongs to.
    pub fn missing_spaces(&self, named: &[String]) -> Result<Vec<String>> {
        verbs::spaces::missing(&self.0, named)
    }

    /// Finds a file that was read, by its path or the end of it.
    ///
    /// # Errors
    /// `NotFound` when no file is called so, or more than one.
    pub fn file(&self, path: &str) -> Result<Id> {
        verbs::timeline::file_of(&self.0, path)
    }

    /// Lists the sources, or those read under `root`.
    pub fn sources(&self, root: Option<&Path>) -> Result<Vec<SourceState>> {
        verbs::document::sources(&self.0, root)
    }

    /// Returns how far a log was read, and its templates; `None` if none was read from that path.
    pub fn log(&self, path: &Path) -> Result<Option<LogState>> {
        verbs::log::state(&self.0, path)
    }

    /// Returns what was told with an idempotency key in a space; `None` if nothing was, or it was forgotten or retracted.
    pub fn told_with(&self, key: &str, space: &str) -> Result<Option<Record>> {
        verbs::twin::told_with(&self.0, key, space)
    }

    /// Lists the folders that are watched, by path.
    pub fn collections(&self) -> Result<Vec<Collection>> {
        verbs::collect::collections(&self.0)
    }

    /// Returns the newest commit that touched a node: whoever watches it sees by that that something was done and taken back.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn last_change(&self, id: Id) -> Result<Option<Id>> {
        journal::last_touching(&self.0.view()?, id)
    }

    /// Returns a watched folder, by its id or path.
    ///
    /// # Errors
    /// `NotFound` when it is not watched.
    pub fn collection(&self, reference: &str) -> Result<Collection> {
        verbs::collect::collection(&self.0, reference)
    }

    /// Counts what is known from a folder.
    pub fn extent(&self, folder: &Path) -> Result<Extent> {
        verbs::collect::extent(&self.0, folder)
    }
}
