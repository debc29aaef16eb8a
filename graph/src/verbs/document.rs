//! `put_documents` and `remove_sources`: a file owns a named graph, and reading it again replaces that graph.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil;
use oxigraph::model::vocab::xsd;
use oxigraph::model::{Literal, NamedNode, NamedNodeRef, Quad, Term, TermRef, Triple};

use crate::dates;
use crate::document::{Document, Link, LinkKind, PutReceipt, Reading, Remark, SourceState, Target};
use crate::entity::{Entities, file_key, name_key};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{Id, Mint};
use crate::identity::{self, Named};
use crate::journal::{Agent, Change};
use crate::memory::Inner;
use crate::property;
use crate::seal::Seals;
use crate::secret::masking;
use crate::space;
use crate::stale;
use crate::store::{Node, View, number, string, subject_id, term_text, time_literal};
use crate::time::Timestamp;
use crate::verbs::erased;
use crate::verbs::file_facts;
use crate::verbs::forget::passage_key;
use crate::verbs::last_reading::{OldLinks, OldPassages, passages_in};
use crate::verbs::telling::Telling;
use crate::vocab::{self, ext};

pub(crate) fn put(inner: &Inner, documents: Vec<Document>, agent: &Agent) -> Vec<Result<PutReceipt>> {
    let tickets: Vec<_> = documents
        .into_iter()
        .map(|mut document| {
            masking::document(&mut document);
            let redactions = document.reading.redactions;
            space::check(&document.space)?;
            super::log::check(&document, inner.now())?;
            let (mint, now, agent) = (inner.mint.clone(), inner.now(), agent.clone());
            let seals = Arc::clone(&inner.seals);
            let ticket = inner.writer.submit(agent.clone(), move |view| {
                // Read here, so that what is erased before this is decided is known.
                let seals = seals.read().clone();
                replace(view, (&mint, &seals), now, &agent, &document)
            })?;
            Ok((ticket, redactions))
        })
        .collect();
    tickets
        .into_iter()
        .map(|ticket: Result<_>| {
            let (ticket, redactions) = ticket?;
            let (commit, (id, added, told)) = ticket.wait()?;
            Ok(PutReceipt { id, commit, added, redactions, told })
        })
        .collect()
}

pub(crate) fn remove(inner: &Inner, ids: &[Id], agent: &Agent) -> Vec<Result<PutReceipt>> {
    let tickets: Vec<_> = ids
        .iter()
        .map(|id| {
            let (id, mint, now, author) = (*id, inner.mint.clone(), inner.now(), agent.clone());
            inner.writer.submit(agent.clone(), move |view| {
                if !view.is_a(id, vocab::SOURCE)? {
                    return Err(Error::new(ErrorKind::NotFound, format!("{id} is not a source"))
                        .hint("list them with `hydra status`"));
                }
                let mut telling = Telling::new(view, &mint, now, &author);
                let removed = graph_of(view, id)?;
                telling.untell_file(id, &removed)?;
                let mut change = telling.into_change();
                change.verb = "remove";
                change.touched.extend(passages_in(&removed));
                change.touched.insert(id);
                change.removed.extend(removed);
                stale::follow(view, &mut change)?;
                file_facts::keep_fresh(&mut change, id);
                Ok((change, ()))
            })
        })
        .zip(ids)
        .collect();
    tickets
        .into_iter()
        .map(|(ticket, id)| {
            let (commit, ()) = ticket?.wait()?;
            Ok(PutReceipt { id: *id, commit, added: false, redactions: 0, told: 0 })
        })
        .collect()
}

pub(crate) fn sources(inner: &Inner, root: Option<&Path>) -> Result<Vec<SourceState>> {
    let view = inner.view()?;
    // One scan over each predicate: cheaper than a look-up of each for every source.
    let column = |predicate: NamedNodeRef<'_>| -> Result<HashMap<Id, String>> {
        view.quads(None, Some(predicate), None, None)
            .filter_map(|quad| quad.map(|q| Some((subject_id(&q.subject)?, term_text(&q.object)?))).transpose())
            .collect()
    };
    let (paths, mut hashes, mut roots) = (column(vocab::PATH)?, column(vocab::CONTENT_HASH)?, column(vocab::ROOT)?);
    let (mut rules, mut redactions) = (column(vocab::READING)?, column(vocab::REDACTIONS)?);
    let mut remarks: HashMap<Id, Vec<Remark>> = HashMap::new();
    for quad in view.quads(None, Some(vocab::REMARK), None, None) {
        let quad = quad?;
        let remark = term_text(&quad.object).and_then(|text| serde_json::from_str(&text).ok());
        if let (Some(id), Some(remark)) = (subject_id(&quad.subject), remark) {
            remarks.entry(id).or_default().push(remark);
        }
    }
    remarks.values_mut().for_each(|remarks| remarks.sort());
    let (mut spaces, logs) = (column(vocab::SPACE)?, column(vocab::TAIL)?);
    let mut states: Vec<SourceState> = paths
        .into_iter()
        .filter(|(_, path)| root.is_none_or(|root| Path::new(path).starts_with(root)))
        .map(|(id, path)| SourceState {
            id,
            path: PathBuf::from(path),
            root: PathBuf::from(roots.remove(&id).unwrap_or_default()),
            space: spaces.remove(&id).unwrap_or_default(),
            content_hash: hashes.remove(&id).unwrap_or_default(),
            reading: Reading {
                rules: rules.remove(&id).and_then(|rules| rules.parse().ok()).unwrap_or_default(),
                remarks: remarks.remove(&id).unwrap_or_default(),
                redactions: redactions.remove(&id).and_then(|count| count.parse().ok()).unwrap_or_default(),
            },
            is_log: logs.contains_key(&id),
        })
        .collect();
    states.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(states)
}

/// Decides what reading a document changes.
fn replace(
    view: &View<'_>,
    (mint, seals): (&Mint, &Seals),
    now: Timestamp,
    agent: &Agent,
    document: &Document,
) -> Result<(Change, (Id, bool, usize))> {
    if let Some(source) = erased::source(view, seals, document)? {
        return Ok((Change::new("ingest"), (source, false, 0)));
    }
    let document = &*erased::left_of(view, seals, document)?;
    let path = document.path.to_string_lossy();
    let known = view.subjects(vocab::PATH, TermRef::from(string(path.as_ref()).as_ref()), 1)?.first().copied();
    let source = match known {
        Some(source) => source,
        // What was forgotten and removed stays forgotten when it returns.
        None => forgotten(view, &file_key(&document.path))?.unwrap_or_else(|| mint.mint(now)),
    };
    let old = match known {
        Some(source) => graph_of(view, source)?,
        None => Vec::new(),
    };
    let mut telling = Telling::new(view, mint, now, agent).sealed(seals.clone());
    let entities = &mut telling.entities;
    let mut draft = Draft {
        graph: vocab::node(source),
        source,
        page: entities.by_file(&document.path, Some(&document.title))?,
        quads: Vec::new(),
        now,
    };
    let recorded_at = old_time(&old, source, vocab::RECORDED_AT).unwrap_or(now);
    draft.say_source(document, agent, recorded_at, entities)?;
    let passages = draft.say_passages(view, document, mint, &OldPassages::of(&old))?;
    draft.say_links(document, &passages, mint, &OldLinks::of(&old), entities)?;

    telling.tell_file(&file_facts::Reading { source, page: draft.page, document, before: &old })?;

    let mut change = telling.into_change();
    change.verb = "ingest";
    change.reason = Some(document.path.display().to_string());
    change.touched.append(&mut touched(&old, &draft.quads, source));
    change.removed.extend(old);
    change.added.extend(draft.quads);
    let mut told = 0;
    if let Some(log) = &document.log {
        told = super::log::tell(view, (mint, seals), now, agent, (&document.space, &log.occurrences), &mut change)?;
    }
    stale::follow(view, &mut change)?;
    Ok((change, (source, known.is_none(), told)))
}

struct Draft {
    graph: NamedNode,
    source: Id,
    page: Named,
    quads: Vec<Quad>,
    now: Timestamp,
}

impl Draft {
    fn node(&self, id: Id) -> Node {
        Node::new(id, self.graph.clone())
    }

    fn say_source(
        &mut self,
        document: &Document,
        agent: &Agent,
        recorded_at: Timestamp,
        entities: &mut Entities<'_>,
    ) -> Result<()> {
        let mut source = self.node(self.source);
        source
            .say(ext::TYPE, NamedNode::from(vocab::SOURCE))
            .say(vocab::PATH, string(document.path.to_string_lossy()))
            .say(vocab::ROOT, string(document.root.to_string_lossy()))
            .say(vocab::CONTENT_HASH, string(&document.content_hash))
            .say(vocab::SPACE, string(&document.space))
            .say(vocab::TRUST, string(agent.trust.as_str()))
            .say(ext::ATTRIBUTED_TO, string(&agent.name))
            .say(vocab::RECORDED_AT, time_literal(recorded_at))
            .say(ext::TITLE, string(&document.title))
            .say(ext::TEXT, string(&document.text))
            .say(ext::MAIN_ENTITY, vocab::node(self.page.stands))
            .maybe(ext::MODIFIED, document.modified_at.map(time_literal))
            .maybe(vocab::TAIL, document.log.as_ref().map(|log| string(&log.tail)));
        source.say(vocab::READING, number(document.reading.rules as usize));
        let redactions = document.reading.redactions;
        source.maybe(vocab::REDACTIONS, (redactions > 0).then(|| number(redactions)));
        for remark in &document.reading.remarks {
            source.say(vocab::REMARK, string(serde_json::to_string(remark).expect("a remark is plain text")));
        }
        let day = dates::day_of_note(&document.properties, &document.path);
        source.maybe(vocab::WRITTEN_ON, day.map(day_literal));
        identity::say_told_of(&mut source, [self.page].into_iter());
        for tag in &document.tags {
            source.say(vocab::TAG, vocab::node(entities.by_tag(tag)?));
        }
        self.quads.append(&mut source.quads);
        // Names stay with whom they were given to, whoever stands for it.
        let mut page = self.node(self.page.told);
        for name in std::iter::once(&document.title).chain(&document.aliases) {
            page.say(ext::ALT_LABEL, string(name)).say(vocab::KEY, string(name_key(name)));
        }
        self.quads.append(&mut page.quads);
        let mut page = self.node(self.page.stands);
        for property in &document.properties {
            page.say(property::predicate(&property.name), property::literal(&property.value, property.datatype));
        }
        self.quads.append(&mut page.quads);
        Ok(())
    }

    fn say_passages(
        &mut self,
        view: &View<'_>,
        document: &Document,
        mint: &Mint,
        old: &OldPassages,
    ) -> Result<Vec<Id>> {
        let (mut old, named, days) = (old.by_content.clone(), &old.by_block, &old.written_on);
        let read_on = || dates::day_of(document.modified_at.unwrap_or(self.now)).map(day_literal).map(Term::from);
        let is_dated = dates::day_of_note(&document.properties, &document.path).is_some();
        let mut ids = Vec::with_capacity(document.passages.len());
        for (position, passage) in document.passages.iter().enumerate() {
            let text = &document.text[passage.span.clone()];
            let headings = passage.headings.join(" > ");
            // A passage that only moved stays the same memory.
            let same = match (&passage.pattern, &passage.block) {
                // A template stays the same while its text gets more general.
                (Some(_), Some(block)) => named.get(block).copied(),
                _ => old.get_mut(&(text.to_owned(), headings.clone())).and_then(VecDeque::pop_front),
            };
            let id = match same {
                Some(id) => id,
                // Under another heading, or back after it was cut: forgotten all the same. Of two equal ones in a
                // note only the first is the forgotten one's heir, since an id is one passage.
                None => forgotten(view, &passage_key(&document.path, text))?
                    .filter(|id| !ids.contains(id))
                    .unwrap_or_else(|| mint.mint(self.now)),
            };
            // A note without a date is edited on many days: what is said in a passage was said when that came.
            let is_plain = is_dated || passage.pattern.is_some() || !says_when(text);
            let day = (!is_plain).then(|| days.get(&id).cloned().or_else(read_on));
            let mut node = self.node(id);
            node.say(ext::TYPE, NamedNode::from(vocab::PASSAGE))
                .say(vocab::PART_OF, vocab::node(self.source))
                .say(vocab::POSITION, number(position))
                .say(vocab::START, number(passage.span.start))
                .say(vocab::END, number(passage.span.end))
                .say(vocab::LINE, number(passage.line as usize))
                .say(ext::TEXT, string(text))
                .maybe(vocab::HEADINGS, (!headings.is_empty()).then(|| string(headings)))
                .maybe(vocab::BLOCK, passage.block.as_ref().map(string))
                .maybe(vocab::WRITTEN_ON, day.flatten())
                // Templates stand beside each other.
                .maybe(vocab::FOLLOWS, ids.last().filter(|_| passage.pattern.is_none()).map(|id| vocab::node(*id)));
            if let Some(pattern) = &passage.pattern {
                super::log::say(pattern, &mut node);
            }
            self.quads.append(&mut node.quads);
            ids.push(id);
        }
        Ok(ids)
    }

    /// Each link is a statement of the page, and a reifier that says where it stands and how it is written.
    fn say_links(
        &mut self,
        document: &Document,
        passages: &[Id],
        mint: &Mint,
        old: &OldLinks,
        entities: &mut Entities<'_>,
    ) -> Result<()> {
        let mut old = old.by_place.clone();
        for link in &document.links {
            let target = match &link.target {
                Target::File(path) => entities.by_file(path, None)?,
                Target::Name(name) => entities.by_name(name)?,
                Target::Url(url) => {
                    let source = self.source;
                    let mut node = self.node(source);
                    node.say(ext::URL, string(url));
                    self.quads.append(&mut node.quads);
                    continue;
                }
            };
            let passage = passage_of(document, passages, link);
            let mut page = self.node(self.page.stands);
            page.say(vocab::LINKS_TO, vocab::node(target.stands));
            self.quads.append(&mut page.quads);
            if let Some(passage) = passage {
                let mut node = self.node(passage);
                node.say(vocab::LINKS_TO, vocab::node(target.stands));
                self.quads.append(&mut node.quads);
            }
            let statement = |page, target| Triple::new(vocab::node(page), vocab::LINKS_TO, vocab::node(target));
            let (is, told) = (statement(self.page.stands, target.stands), statement(self.page.told, target.told));
            let place = (target.stands, link.span.start, link.span.end, kind_name(link.kind).to_owned());
            let same = old.get_mut(&place).and_then(VecDeque::pop_front);
            let mut reifier = self.node(same.unwrap_or_else(|| mint.mint(self.now)));
            reifier
                .say(ext::TYPE, NamedNode::from(vocab::LINK))
                .say(ext::REIFIES, is.clone())
                .maybe(vocab::TOLD_AS, (is != told).then_some(told))
                .say(ext::DERIVED_FROM, vocab::node(passage.unwrap_or(self.source)))
                .say(vocab::LINK_KIND, string(kind_name(link.kind)))
                .say(vocab::START, number(link.span.start))
                .say(vocab::END, number(link.span.end))
                .maybe(vocab::FRAGMENT, link.fragment.as_ref().map(string))
                .maybe(ext::ALT_LABEL, link.label.as_ref().map(string));
            identity::say_told_of(&mut reifier, [self.page, target].into_iter());
            self.quads.append(&mut reifier.quads);
        }
        Ok(())
    }
}

/// Tells whether a text names a day that depends on when it was written.
fn says_when(text: &str) -> bool {
    dates::days(text, Some(civil::Date::constant(2000, 1, 1))).iter().any(|said| said.is_relative)
}

fn day_literal(day: civil::Date) -> Literal {
    Literal::new_typed_literal(day.to_string(), xsd::DATE)
}

fn passage_of(document: &Document, passages: &[Id], link: &Link) -> Option<Id> {
    if link.span.is_empty() {
        return None;
    }
    let at = document.passages.partition_point(|passage| passage.span.end <= link.span.start);
    let passage = document.passages.get(at)?;
    (passage.span.start <= link.span.start).then(|| passages[at])
}

fn kind_name(kind: LinkKind) -> &'static str {
    match kind {
        LinkKind::Wikilink => "wikilink",
        LinkKind::Embed => "embed",
        LinkKind::Markdown => "markdown",
        LinkKind::Property => "property",
    }
}

pub(super) fn graph_of(view: &View<'_>, source: Id) -> Result<Vec<Quad>> {
    let graph = vocab::node(source);
    view.quads(None, None, None, Some(graph.as_ref().into())).collect()
}

/// Returns what was forgotten under a key.
fn forgotten(view: &View<'_>, key: &str) -> Result<Option<Id>> {
    Ok(view.subjects(vocab::FORGOTTEN_AS, TermRef::from(string(key).as_ref()), 1)?.first().copied())
}

fn old_time(old: &[Quad], id: Id, predicate: NamedNodeRef<'_>) -> Option<Timestamp> {
    old.iter()
        .find(|quad| quad.predicate == predicate && subject_id(&quad.subject) == Some(id))
        .and_then(|quad| term_text(&quad.object))
        .and_then(|text| text.parse().ok())
}

/// The passages whose findable text changed: not those that only moved within the file.
fn touched(old: &[Quad], new: &[Quad], source: Id) -> BTreeSet<Id> {
    let indexed = |quads: &[Quad]| -> BTreeMap<Id, BTreeSet<String>> {
        let ids = passages_in(quads);
        let mut said: BTreeMap<Id, BTreeSet<String>> = BTreeMap::new();
        for quad in quads {
            let Some(id) = subject_id(&quad.subject).filter(|id| ids.contains(id)) else { continue };
            if [ext::TEXT, vocab::HEADINGS, vocab::FOLLOWS, vocab::WRITTEN_ON].contains(&quad.predicate.as_ref()) {
                said.entry(id).or_default().insert(format!("{} {}", quad.predicate, quad.object));
            }
        }
        said
    };
    let of_source = |quads: &[Quad]| -> BTreeSet<String> {
        quads
            .iter()
            .filter(|quad| subject_id(&quad.subject) == Some(source))
            .filter(|quad| [ext::TITLE, vocab::SPACE, vocab::WRITTEN_ON].contains(&quad.predicate.as_ref()))
            .map(|quad| quad.object.to_string())
            .collect()
    };
    let (before, after) = (indexed(old), indexed(new));
    let all = of_source(old) != of_source(new);
    let mut ids: BTreeSet<Id> =
        before.keys().chain(after.keys()).filter(|id| all || before.get(id) != after.get(id)).copied().collect();
    // The source itself has this commit in its history, whatever moved.
    ids.insert(source);
    ids
}
