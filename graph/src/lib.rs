//! The graph: one truthful store, one writer, and the verbs on it.
//!
//! [`Memory`] is an open data folder. Whatever happens is a commit: decided and checked against the shapes by the
//! writer (`writer`), made durable in the redo log (`redo`), applied to the RDF store (`store`) together with its
//! journal entry (`journal`). Whatever can be derived from commits is an [`Index`], which `catch_up` keeps up and which
//! may be deleted at any time; full text (`text`) is built in, others are attached.
//!
//! The verbs are in `verbs/`, one file each. They read one consistent view and return plain data. `dump` writes the whole
//! graph as text and reads it back.
//!
//! This crate is synchronous. It opens no socket, reads no environment and no clock but the one it is given, and no
//! type of oxigraph, tantivy or petgraph crosses its border.

mod block;
mod catch_up;
mod code;
mod collection;
mod dates;
mod decision;
mod document;
mod dump;
mod ends;
mod entity;
mod erasure;
mod error;
mod fact;
mod findable;
mod folder;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod id;
mod identity;
mod index;
mod journal;
mod learning;
mod map;
mod memory;
mod mention;
mod moment;
mod names;
mod passage;
mod past;
mod predicate;
mod preference;
mod property;
mod proposal;
mod question;
mod ranking;
mod record;
mod redaction;
mod redo;
mod reference;
mod rehearsal;
mod rewound;
mod scope;
mod seal;
mod secret;
mod seen;
mod shapes;
mod sight;
mod space;
mod sparql;
mod stale;
mod store;
mod text;
mod time;
mod trace;
mod turn;
mod verbs;
mod vocab;
mod voice;
mod walk;
mod writer;

pub use block::{
    Block, CUSTOMARY_BLOCKS, DEFAULT_BLOCK_BYTES, MAX_BLOCK_NAME_BYTES, MAX_SPACE_BLOCK_BYTES, MAX_SPACE_BLOCKS,
};
pub use collection::{Collection, CollectionKind, CollectionOrigin, MAX_COLLECTIONS, MAX_GLOB_BYTES, MAX_GLOBS};
pub use decision::{Choice, Decision, MAX_OPTION_BYTES, MAX_OPTIONS, MAX_REASONS, NewDecision, Verdict};
pub use document::{
    Datatype, Document, FileFact, Link, LinkKind, LogPart, LogState, LogTemplate, Occurrence, Passage, Pattern,
    Property, PutReceipt, Reading, Relocated, Remark, SourceMove, SourceState, Target,
};
pub use dump::{EXPORT_FORMAT, ExportFormat, Exported, Follower, Imported, MAX_LINE_BYTES};
pub use entity::is_image;
pub use error::{Error, ErrorKind, Result};
pub use fact::Statement;
pub use folder::{FORMAT, last_export, note_export};
pub use id::{ID_PREFIX, Id, Mint};
pub use index::{Index, IndexQuery, IndexText, Meant, Scored, Update};
pub use journal::{Agent, CommitRecord, Trust};
pub use learning::{Learning, Outcome};
pub use map::{
    Atlas, MAX_MAP_LABELS, MAX_MAP_LINKS, MAX_MAP_NODES, MAX_REGIONS, MapGraph, MapKind, MapMarks, MapNode, NEVER,
    Placed, PlacedRegion, Placement,
};
pub use memory::{Memory, Options};
pub use moment::Moment;
pub use names::counted;
pub use preference::{MAX_PREFERENCE_BYTES, NewPreference, OBSERVATIONS_TO_HOLD, Polarity, Preference, Standing};
pub use proposal::{NewProposal, Suggestion};
pub use question::{AlsoIn, Hit, Lead, MAX_HITS, MAX_QUERY_BYTES, Mode, Question, Reason, Recalled, Source, Span, Why};
pub use ranking::Weights;
pub use record::{Kind, Record};
pub use reference::{MAX_REFERENCE_BYTES, MAX_REFERENCES, Reference, ReferenceKind};
pub use rewound::{MAX_REWOUND_KEPT, MAX_REWOUND_READ};
pub use seal::SEAL_KEYS_FILE;
pub use secret::{MASK, Masked, mask as mask_secrets};
pub use seen::Seen;
pub use space::PERSONAL;
pub use sparql::{
    AnswerFormat, DEFAULT_RECALLED, Interrupt, MAX_ANSWER_BYTES, MAX_COMPARED, MAX_NESTING, MAX_OPERATIONS,
    MAX_QUERY_READ, MAX_QUERY_STEPS, MAX_SPARQL_BYTES, MAX_UPDATE_BYTES, MAX_UPDATE_OPERATIONS, MAX_UPDATE_QUADS,
    PREFIXES, Part, QueryForm, RECALL_SERVICE, SIMILAR_FUNCTION, Value, ValueKind,
};
pub use text::Coverage;
pub use time::{Clock, Timestamp};
pub use trace::{
    MAX_PAST_ANSWERS, MAX_TRACE_AGE_DAYS, MAX_TRACE_BYTES, MAX_TRACES, PastAnswer, PastAnswersRequest, UnkeptAnswer,
};
pub use turn::{Role, Turn};
pub use verbs::alias::{AliasOp, Aliased, MAX_ENTITY_ALIASES};
pub use verbs::alike::{MAX_PAIRS, MAX_SHARING, MAX_SUGGESTED};
pub use verbs::at_hand::{AtHand, Deed, Fit, MAX_DEED_PATHS, MAX_OF_ONE_PATH, MAX_PATH_PARTS, MAX_WORDED};
pub use verbs::blocks::BlockVersion;
pub use verbs::changes::{Changed, Changes, ChangesRequest, MAX_CHANGES, MAX_TOUCHED_NAMED};
pub use verbs::check::{CheckReport, IndexStatus, Status};
pub use verbs::collect::{CollectionChange, Extent, NewCollection};
pub use verbs::configuring::{Configured, Configuring};
pub use verbs::conflicts::Conflict;
pub use verbs::context::{
    Context, ContextItem, ContextRequest, DEFAULT_CONTEXT_TOKENS, MAX_BUDGET_TOKENS, MAX_CONFLICTS_LOOKED_AT,
    MAX_COUNTED, MAX_DEFAULT_CONTEXT_TOKENS, MAX_FACTS_LOOKED_AT, MAX_HOT_ENTITIES, MAX_LATELY, MAX_MISSED,
    MAX_NAMED_BLOCKS, MAX_OPEN_CONFLICTS, MAX_RANKED_LEARNINGS, MAX_SAID_ONCE, MAX_SAME_PREDICATE, MAX_TALKS,
    MAX_TURNS_COUNTED, MAX_WAITING_LOOKED_AT, MIN_SHOWN_BLOCK_BYTES, Thread, ThreadKind,
};
pub use verbs::edit_block::{BlockEdit, BlockOp};
pub use verbs::entity::{Alias, EntityInfo};
pub use verbs::erase::{Erased, Removal};
pub use verbs::explain::{Answered, Explanation};
pub use verbs::file_facts::{MAX_FACT_VALUE_BYTES, MAX_FILE_FACTS};
pub use verbs::forget::{Forgotten, MAX_FORGOTTEN};
pub use verbs::forgetting::{
    Consequence, ForgetAnswer, ForgetMode, ForgetPreview, ForgetRequest, MAX_FORGET_CANDIDATES, MAX_PREVIEWED,
};
pub use verbs::get::{GetRequest, GetView, Got, Link as ChainLink, MAX_FACTS_SHOWN, MAX_GOT, MAX_MENTIONS_SHOWN, Then};
pub use verbs::grants::GrantNote;
pub use verbs::graph::{
    GraphNode, GraphRequest, MAX_GRAPH_DEPTH, MAX_GRAPH_EDGES, MAX_GRAPH_NODES, MAX_PATH_NODES, MAX_PATH_STEPS,
    MAX_PATHS, Neighbourhood, Paths,
};
pub use verbs::graph_store::{GraphRef, SentGraph, StoreOp};
pub use verbs::happening::{Event, Happened};
pub use verbs::learn::{
    Learned, MAX_LEARNING_EVIDENCE, MAX_LESSON_BYTES, MAX_PATH_BYTES, MAX_TRIGGER_BYTES, NewLearning, Report,
};
pub use verbs::listing::{ListRequest, Listed, MAX_LISTED, MAX_LISTED_LOOKED_AT};
pub use verbs::map::{MAX_PINS, MapLabel, Pinned};
pub use verbs::mentions::{MAX_MENTIONS, MAX_MENTIONS_LOOKED_AT, Mention, MentionRequest, Mentioned};
pub use verbs::merge::Merged;
pub use verbs::neighbours::{MAX_NEIGHBOURS, MAX_TIES_NAMED, Neighbour, Neighbours, NeighboursRequest, Rank};
pub use verbs::packing::{Exclusion, LeftOut, MAX_COPIES, MAX_LEFT_OUT};
pub use verbs::predicates::{MAX_ALIASES, PredicateInfo};
pub use verbs::proposals::{
    BarePlace, BareRequest, BareTexts, Decided, Enrichment, MAX_BARE_LOOKED_AT, MAX_BARE_TEXTS, MAX_DECIDED,
    ProposalInfo, ProposalStanding,
};
pub use verbs::propose::{MAX_PENDING, MAX_PROPOSALS, Policy, ProposeStatus, Proposed};
pub use verbs::query::{DEFAULT_ROWS, MAX_QUERY_TIME, MAX_ROWS, QueryAnswer, QueryRequest};
pub use verbs::redact::{MAX_REDACTED_NAMED, Redacted, RedactedPlace};
pub use verbs::refusals::{MAX_REFUSALS_AT_ONCE, MAX_REFUSALS_KEPT, MAX_REFUSALS_SHOWN, Refusal};
pub use verbs::remember::{
    BATCH_MEMORIES, Evidence, MAX_EVIDENCE, MAX_NAME_BYTES, MAX_QUOTE_BYTES, MAX_TEXT_BYTES, NewMemory, RememberStatus,
    Remembered,
};
pub use verbs::retelling::MAX_RETOLD;
pub use verbs::sentences::MAX_FILE_SENTENCES;
pub use verbs::sparql::{Choose, MAX_SPARQL_ROWS, SparqlRequest};
pub use verbs::sparql_update::{SparqlUpdate, SparqlUpdated};
pub use verbs::split::{MAX_TAKEN, Split};
pub use verbs::subject::{MAX_SUBJECT_TEXTS, Subject, SubjectKind};
pub use verbs::ties::{MAX_NEWEST_TEXTS, MAX_TIES_READ, Tie, TieKind};
pub use verbs::timeline::{DEFAULT_EVENTS, MAX_EVENTS, MAX_TIMELINE_COMMITS, Timeline, TimelineRequest};
pub use verbs::undo::Undone;
pub use verbs::update::{UpdateOp, Updated};
pub use voice::{MAX_ROOTS_LOOKED_AT, MAX_VOICES, MIN_QUOTE_BYTES};
