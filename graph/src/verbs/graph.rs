//! `graph`: what an entity is tied to, and how it is connected with another.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::mentions::Mentions;
use super::ties::{Tie, TieKind, Ties};
use crate::entity::{called_so, name_key};
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::identity;
use crate::memory::Inner;
use crate::moment::Moment;
use crate::names::shortened;
use crate::reference::Reference;
use crate::rewound::Rewound;
use crate::sight::Sight;
use crate::space;
use crate::store::{string, subject_id, term_text};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

/// Steps from the entity at most: what is further away says little about it.
pub const MAX_GRAPH_DEPTH: usize = 2;
/// Entities of one answer.
pub const MAX_GRAPH_NODES: usize = 100;
/// Ties of one answer.
pub const MAX_GRAPH_EDGES: usize = 300;
/// Steps of a path at most.
pub const MAX_PATH_STEPS: usize = 4;
/// Paths of one answer.
pub const MAX_PATHS: usize = 3;
/// Entities whose ties are read in search of a path.
pub const MAX_PATH_NODES: usize = 400;
/// Texts with the words of a name that are looked through for it.
const MAX_NAMING_LOOKED_AT: usize = 100;
/// Entities of one name that a refusal lists.
const MAX_NAMESAKES: usize = 10;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphRequest {
    /// An entity's name, alias or id, or an address that is its own.
    pub of: String,
    /// How many steps away, 1 to [`MAX_GRAPH_DEPTH`].
    pub depth: usize,
    /// Only these ties: names of predicates, `links to`, `tag` or `mentions`; all if there are none.
    pub predicates: Vec<String>,
    /// Another entity: then also the shortest paths to it.
    pub to: Option<String>,
    /// Only what these spaces say; all if there are none.
    pub spaces: Vec<String>,
    /// What was known then, and of facts those that held then.
    pub moment: Moment,
}

impl GraphRequest {
    /// The nearest ties that are known now.
    pub fn new(of: impl Into<String>) -> Self {
        Self {
            of: of.into(),
            depth: 1,
            predicates: Vec::new(),
            to: None,
            spaces: Vec::new(),
            moment: Moment::default(),
        }
    }
}

/// An entity and what is around it.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Neighbourhood {
    /// The entity.
    pub id: Id,
    /// Its name for people.
    pub name: String,
    /// It and what is tied to it, nearest first, then by id.
    pub nodes: Vec<GraphNode>,
    /// The ties, those of nearer nodes first; facts before links before tags. Last, of the entity alone, the notes that name
    /// it and what its own note names.
    pub edges: Vec<Tie>,
    /// The shortest ways to the other entity, if one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paths: Option<Paths>,
    /// Nodes that there was no room for.
    pub nodes_left_out: usize,
    /// Ties that there was no room for.
    pub edges_left_out: usize,
}

/// An entity among others.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct GraphNode {
    /// Its id.
    pub id: Id,
    /// Its name for people.
    pub name: String,
    /// `entity` or `tag`.
    pub kind: String,
    /// Steps from the entity that was asked for.
    pub distance: usize,
    /// The texts that are about it, link to it or, of the entity that was asked for, name it, beside the facts among the ties; of nodes whose ties were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub texts: Option<usize>,
    /// The newest of them; `get` shows them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub newest_texts: Vec<Id>,
}

/// How two entities are connected.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Paths {
    /// The other entity.
    pub to: Id,
    /// Its name for people.
    pub name: String,
    /// Paths of the least number of steps, each from the entity to the other; a tie may point either way.
    pub found: Vec<Vec<Tie>>,
    /// Whether the search ended before all that could be reached in [`MAX_PATH_STEPS`] was looked at.
    pub is_cut: bool,
}

pub(crate) fn graph(inner: &Inner, request: &GraphRequest) -> Result<Neighbourhood> {
    let now = inner.now();
    check(request)?;
    super::recall::wait_for_own_writes(inner, &mut Vec::new());
    let view = inner.view()?;
    request.moment.check(inner, &view)?;
    let Moment { known_at, .. } = request.moment;
    let sight = Sight::new(Rewound::new(&view, known_at)?, &request.spaces, known_at.unwrap_or(now));
    let ties = Ties::new(&view, &sight, request.moment, &request.predicates, known_at.unwrap_or(now))?;
    let id = meant(&sight, &ties, &request.of, known_at)?;
    let to = request.to.as_deref().map(|to| meant(&sight, &ties, to, known_at)).transpose()?;
    let mut around = around(&ties, id, request.depth)?;
    if ties.wants_mentions() {
        let names = Mentions::new(inner, &sight, request.moment, known_at.unwrap_or(now))?;
        add_mentions(&ties, &names, &mut around)?;
    }
    around.paths = to.map(|to| paths(&ties, id, to)).transpose()?;
    Ok(around)
}

fn check(request: &GraphRequest) -> Result<()> {
    request.spaces.iter().try_for_each(|name| space::check(name))?;
    if request.depth == 0 || request.depth > MAX_GRAPH_DEPTH {
        return Err(Error::new(ErrorKind::Invalid, format!("a depth of {}", request.depth))
            .hint(format!("give 1 to {MAX_GRAPH_DEPTH}; to see how far something is away, name it as `to`")));
    }
    Ok(())
}

/// Returns the entity that a name or id stands for, among those that the caller knows.
pub(super) fn meant(sight: &Sight<'_>, ties: &Ties<'_>, reference: &str, known_at: Option<Timestamp>) -> Result<Id> {
    let (reference, view) = (reference.trim(), sight.rewound().view);
    if let Ok(id) = reference.parse::<Id>() {
        if sight.knows_name(id)? {
            return identity::standing_at(view, id, known_at);
        }
        if sight.sees(id)? && crate::record::is_text(sight.rewound().view, id)? {
            return Err(Error::new(ErrorKind::Invalid, format!("{id} is a text, not an entity"))
                .hint("`get` shows which entities it is about; name one of them"));
        }
    }
    let keys = [name_key(reference), crate::entity::tag_key(reference.trim_start_matches('#'))];
    let mut namesakes = BTreeSet::new();
    for key in keys {
        for quad in sight.rewound().pointing(vocab::KEY, string(&key).as_ref().into()) {
            let quad = quad?;
            if let Some(id) = subject_id(&quad.subject)
                && sight.shows(&quad)?
            {
                namesakes.insert(identity::standing_at(view, id, known_at)?);
            }
        }
        if !namesakes.is_empty() {
            break;
        }
    }
    let names = namesakes.iter().map(|id| Ok((*id, ties.name(*id)?))).collect::<Result<Vec<_>>>()?;
    match (names.as_slice(), called_so(&names, reference)) {
        ([], _) => {
            if let Some(reference) = Reference::parse(reference) {
                return owner(sight, ties, &reference);
            }
            Err(Error::new(ErrorKind::NotFound, format!("nothing is known that is called `{}`", shortened(reference)))
                .hint("give its id, or its name as it is written in the notes; recall finds what mentions it"))
        }
        ([(id, _)], _) => Ok(*id),
        (_, Some(id)) => Ok(id),
        (several, None) => {
            let listed = several.iter().take(MAX_NAMESAKES).map(|(id, name)| format!("{} ({id})", shortened(name)));
            let listed = listed.collect::<Vec<_>>().join(" or ");
            Err(Error::new(ErrorKind::Conflict, format!("`{}` may be {listed}", shortened(reference)))
                .hint("say which one, by its full name or its id"))
        }
    }
}

/// Whom an address belongs to, as facts say; what a text only gives is tied to nothing.
fn owner(sight: &Sight<'_>, ties: &Ties<'_>, reference: &Reference) -> Result<Id> {
    let mut owners = BTreeSet::new();
    for predicate in [ext::EMAIL, ext::URL] {
        for quad in sight.rewound().quads(None, Some(predicate), None, None) {
            let quad = quad?;
            let is_meant =
                term_text(&quad.object).is_some_and(|text| Reference::parse(&text).as_ref() == Some(reference));
            if let Some(id) = subject_id(&quad.subject).filter(|_| is_meant)
                && sight.shows(&quad)?
                && sight.knows_name(id)?
            {
                owners.insert(id);
            }
        }
    }
    let value = shortened(&reference.value);
    match owners.iter().copied().collect::<Vec<_>>().as_slice() {
        [owner] => Ok(*owner),
        [] => Err(Error::new(
            ErrorKind::NotFound,
            format!("nobody is known to have the {} {value}", reference.kind.as_str()),
        )
        .hint(format!("`hydra get {value}` shows the texts that give it"))),
        several => {
            let listed =
                several.iter().map(|id| Ok(format!("{} ({id})", ties.name(*id)?))).collect::<Result<Vec<_>>>()?;
            Err(Error::new(ErrorKind::Conflict, format!("{value} is of {}", listed.join(" and of ")))
                .hint("say which one, by its name or its id"))
        }
    }
}

/// Breadth first, each level in the order of ids, within the bounds.
fn around(ties: &Ties<'_>, root: Id, depth: usize) -> Result<Neighbourhood> {
    let mut distances = BTreeMap::from([(root, 0)]);
    let mut texts = HashMap::new();
    let mut edges: Vec<Tie> = Vec::new();
    let mut seen = BTreeSet::new();
    let (mut nodes_left_out, mut edges_left_out) = (BTreeSet::new(), 0);
    let mut level = vec![root];
    for step in 1..=depth {
        let mut next = BTreeSet::new();
        for id in level {
            let of_node = ties.of(id)?;
            texts.insert(id, of_node.texts);
            edges_left_out += of_node.unread;
            for tie in of_node.ties {
                let other = tie.other(id);
                if let Some(other) = other.filter(|other| !distances.contains_key(other)) {
                    if distances.len() == MAX_GRAPH_NODES {
                        nodes_left_out.insert(other);
                        continue;
                    }
                    distances.insert(other, step);
                    next.insert(other);
                }
                if !seen.insert(tie.key()) {
                    continue;
                }
                if edges.len() == MAX_GRAPH_EDGES {
                    edges_left_out += 1;
                } else {
                    edges.push(tie);
                }
            }
        }
        level = next.into_iter().collect();
    }
    let mut nodes = Vec::new();
    for (id, distance) in distances {
        let ids = texts.remove(&id);
        let texts = ids.as_ref().map(BTreeSet::len);
        let newest_texts = ids.into_iter().flatten().rev().take(super::ties::MAX_NEWEST_TEXTS).collect();
        nodes.push(GraphNode { name: ties.name(id)?, kind: ties.kind(id)?, id, distance, texts, newest_texts });
    }
    nodes.sort_by_key(|node| (node.distance, node.id));
    let name = nodes.first().map(|node| node.name.clone()).unwrap_or_default();
    Ok(Neighbourhood {
        id: root,
        name,
        nodes,
        edges,
        paths: None,
        nodes_left_out: nodes_left_out.len(),
        edges_left_out,
    })
}

/// Adds who names the entity and whom its own note names, where there is room. No path leads over them: a name is a guess.
fn add_mentions(ties: &Ties<'_>, names: &Mentions<'_>, around: &mut Neighbourhood) -> Result<()> {
    let id = around.id;
    let mut ends: BTreeSet<(Id, Id)> = BTreeSet::new();
    let found = names.naming(id, MAX_NAMING_LOOKED_AT)?;
    for (record, _) in &found.texts {
        ends.extend(names.pages(record)?.into_iter().map(|page| (page, id)));
    }
    ends.extend(names.named_in_notes_of(id)?.into_iter().map(|named| (id, named)));
    let tied: BTreeSet<(Id, Option<Id>)> =
        around.edges.iter().filter(|tie| tie.kind == TieKind::Link).map(|tie| (tie.from, tie.to)).collect();
    for (from, to) in ends.into_iter().filter(|(from, to)| from != to && !tied.contains(&(*from, Some(*to)))) {
        let other = if from == id { to } else { from };
        if !around.nodes.iter().any(|node| node.id == other) {
            if around.nodes.len() == MAX_GRAPH_NODES {
                around.nodes_left_out += 1;
                continue;
            }
            let (name, kind) = (ties.name(other)?, ties.kind(other)?);
            around.nodes.push(GraphNode { id: other, name, kind, distance: 1, texts: None, newest_texts: Vec::new() });
        }
        if around.edges.len() == MAX_GRAPH_EDGES {
            around.edges_left_out += 1;
        } else {
            around.edges.push(ties.mention(from, to)?);
        }
    }
    around.nodes.sort_by_key(|node| (node.distance, node.id));
    if let Some(node) = around.nodes.first_mut() {
        node.texts = node.texts.map(|count| count + found.texts.len());
        let mut newest: Vec<Id> = found.texts.iter().map(|(record, _)| record.id).collect();
        newest.append(&mut node.newest_texts);
        newest.sort_unstable_by(|a, b| b.cmp(a));
        newest.truncate(super::ties::MAX_NEWEST_TEXTS);
        node.newest_texts = newest;
    }
    Ok(())
}

/// The shortest paths, in the order in which they are met.
fn paths(ties: &Ties<'_>, from: Id, to: Id) -> Result<Paths> {
    let mut distances = HashMap::from([(from, 0_usize)]);
    // The ties by which a node is reached with the fewest steps.
    let mut reached_by: HashMap<Id, Vec<(Id, Tie)>> = HashMap::new();
    let mut queue = VecDeque::from([from]);
    let (mut read, mut is_cut) = (0, false);
    while let Some(id) = queue.pop_front() {
        let steps = distances[&id] + 1;
        // Whoever is as far away as the end leads no nearer to it.
        if steps > MAX_PATH_STEPS || distances.get(&to).is_some_and(|end| steps > *end) {
            break;
        }
        if read == MAX_PATH_NODES {
            is_cut = true;
            break;
        }
        read += 1;
        let of_node = ties.of(id)?;
        is_cut |= of_node.unread > 0;
        for tie in of_node.ties {
            let Some(other) = tie.other(id).filter(|other| *other != id) else { continue };
            let known = *distances.entry(other).or_insert_with(|| {
                queue.push_back(other);
                steps
            });
            if known == steps {
                reached_by.entry(other).or_default().push((id, tie));
            }
        }
    }
    let mut found = Vec::new();
    if from != to && distances.contains_key(&to) {
        walk_back(&reached_by, from, to, &mut Vec::new(), &mut found);
    }
    Ok(Paths { to, name: ties.name(to)?, found, is_cut })
}

fn walk_back(
    reached_by: &HashMap<Id, Vec<(Id, Tie)>>,
    from: Id,
    at: Id,
    behind: &mut Vec<Tie>,
    found: &mut Vec<Vec<Tie>>,
) {
    if at == from {
        found.push(behind.iter().rev().cloned().collect());
        return;
    }
    for (before, tie) in reached_by.get(&at).into_iter().flatten() {
        if found.len() == MAX_PATHS {
            return;
        }
        behind.push(tie.clone());
        walk_back(reached_by, from, *before, behind, found);
        behind.pop();
    }
}
