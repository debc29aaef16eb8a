//! Entities: people, projects, places, notes. Found by a key, which several names may share.

use std::collections::HashMap;
use std::path::Path;

use oxigraph::model::{NamedNode, Quad, TermRef};
use unicode_normalization::UnicodeNormalization;

use crate::error::{Error, ErrorKind, Result};
use crate::id::{Id, Mint};
use crate::identity::{self, Named};
use crate::names::shortened;
use crate::store::{Node, View, string};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

/// Returns a name as it is compared: compatibility-normalised, lower case, single spaces.
pub(crate) fn normalise(name: &str) -> String {
    let folded: String = name.nfkc().collect::<String>().to_lowercase();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The key of whatever goes by that name.
pub(crate) fn name_key(name: &str) -> String {
    format!("name:{}", normalise(name))
}

/// The key of what a file describes.
pub(crate) fn file_key(path: &Path) -> String {
    format!("file:{}", path.display())
}

/// Ends of the names of images, in lower case.
const IMAGES: [&str; 11] = ["png", "jpg", "jpeg", "gif", "webp", "svg", "avif", "heic", "bmp", "tif", "tiff"];

/// Tells by its name whether a file is an image.
pub fn is_image(path: &Path) -> bool {
    path.extension().is_some_and(|ending| IMAGES.iter().any(|image| ending.eq_ignore_ascii_case(image)))
}

/// What a file's page goes by. An image and a log keep their ending, as links to them are written: neither `Boiler.png` nor
/// `boiler.log` beside `Boiler.md` is what the note is about.
pub(crate) fn page_name(path: &Path) -> String {
    let is_log = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("log"));
    let name = if is_log || is_image(path) { path.file_name() } else { path.file_stem() };
    name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The key of a tag.
pub(crate) fn tag_key(tag: &str) -> String {
    format!("tag:{}", normalise(tag))
}

/// The key of a conversation. A blank can't stand in a space's name, so no two spaces share a key.
pub(crate) fn session_key(space: &str, name: &str) -> String {
    format!("session:{space} {}", normalise(name))
}

/// Finds entities, and makes those that are missing.
pub(crate) struct Entities<'v> {
    view: &'v View<'v>,
    mint: &'v Mint,
    now: Timestamp,
    made: HashMap<String, Id>,
    quads: Vec<Quad>,
}

impl<'v> Entities<'v> {
    /// Starts on the writer's view.
    pub fn new(view: &'v View<'v>, mint: &'v Mint, now: Timestamp) -> Self {
        Self { view, mint, now, made: HashMap::new(), quads: Vec::new() }
    }

    /// Returns what goes by that name or id.
    pub fn by_name(&mut self, name: &str) -> Result<Named> {
        if let Some(id) = as_id(self.view, name)? {
            return self.named(id);
        }
        let id = self.find_or_make(name_key(name), name.trim(), vocab::ENTITY.into())?;
        self.named(id)
    }

    /// Returns what a fact means by a name: an id, else the only one of that name, else the one that is called exactly so.
    ///
    /// # Errors
    /// `Conflict` when several are meant, listing them.
    pub fn meant(&mut self, name: &str) -> Result<Named> {
        if self.made.contains_key(&name_key(name)) {
            return self.by_name(name);
        }
        let namesakes = named(self.view, &name_key(name), usize::MAX)?;
        if namesakes.len() < 2 || as_id(self.view, name)?.is_some() {
            return self.by_name(name);
        }
        let stands = the_one(self.view, name, &namesakes)?;
        Ok(Named { told: stands, stands })
    }

    /// Returns a tag's concept.
    pub fn by_tag(&mut self, tag: &str) -> Result<Id> {
        self.find_or_make(tag_key(tag), tag, ext::CONCEPT.into())
    }

    /// Returns a conversation of a space.
    pub fn by_session(&mut self, space: &str, name: &str) -> Result<Id> {
        let key = session_key(space, name);
        if let Some(id) = self.find(&key)? {
            return Ok(id);
        }
        let id = self.make(&key, name.trim(), vocab::SESSION.into());
        let mut node = Node::new(id, vocab::MEMORY_GRAPH);
        node.say(vocab::SPACE, string(space));
        self.quads.append(&mut node.quads);
        Ok(id)
    }

    /// Returns what a file describes. A name that was linked before the file existed becomes this file's, so that old
    /// links need not be read again: that of the file, else the title it gives itself, if it is known.
    pub fn by_file(&mut self, path: &Path, title: Option<&str>) -> Result<Named> {
        let key = file_key(path);
        if let Some(id) = self.find(&key)? {
            return self.named(id);
        }
        let own = page_name(path);
        let mut waiting = None;
        for name in std::iter::once(own.as_str()).chain(title) {
            if waiting.is_none()
                && let Some(id) = self.find(&name_key(name))?
                && !self.has_file(id)?
            {
                waiting = Some(id);
            }
        }
        let id = waiting.unwrap_or_else(|| self.make(&name_key(&own), &own, vocab::ENTITY.into()));
        self.say_key(id, key);
        self.named(id)
    }

    /// Returns what was made, to be added to the change.
    pub fn into_quads(self) -> Vec<Quad> {
        self.quads
    }

    fn find(&self, key: &str) -> Result<Option<Id>> {
        if let Some(id) = self.made.get(key) {
            return Ok(Some(*id));
        }
        let ids = lookup(self.view, key, usize::MAX)?;
        let Some(oldest) = ids.iter().min().copied() else { return Ok(None) };
        // Of a name that both have, the one that stands is meant.
        let stands = identity::standing(self.view, oldest)?;
        Ok(Some(if ids.contains(&stands) { stands } else { oldest }))
    }

    fn named(&self, told: Id) -> Result<Named> {
        Ok(Named { told, stands: identity::standing(self.view, told)? })
    }

    fn find_or_make(&mut self, key: String, label: &str, class: NamedNode) -> Result<Id> {
        match self.find(&key)? {
            Some(id) => Ok(id),
            None => Ok(self.make(&key, label, class)),
        }
    }

    fn make(&mut self, key: &str, label: &str, class: NamedNode) -> Id {
        let id = self.mint.mint(self.now);
        let mut node = Node::new(id, vocab::MEMORY_GRAPH);
        node.say(ext::TYPE, class).say(ext::PREF_LABEL, string(label));
        self.quads.append(&mut node.quads);
        self.say_key(id, key.to_owned());
        // Who is told apart from a namesake, as in `Anna (sister)`, goes by the name alone too.
        if let Some((name, _)) = key.strip_suffix(')').and_then(|key| key.rsplit_once(" (")).filter(|_| is_name(key)) {
            let mut node = Node::new(id, vocab::MEMORY_GRAPH);
            node.say(vocab::KEY, string(name));
            self.quads.append(&mut node.quads);
        }
        id
    }

    fn say_key(&mut self, id: Id, key: String) {
        let mut node = Node::new(id, vocab::MEMORY_GRAPH);
        node.say(vocab::KEY, string(&key));
        self.quads.append(&mut node.quads);
        self.made.insert(key, id);
    }

    fn has_file(&self, id: Id) -> Result<bool> {
        if self.made.iter().any(|(key, made)| *made == id && key.starts_with("file:")) {
            return Ok(true);
        }
        Ok(keys(self.view, id)?.iter().any(|key| key.starts_with("file:")))
    }
}

fn is_name(key: &str) -> bool {
    key.starts_with("name:")
}

/// Returns the entities of a key, at most `limit`.
pub(crate) fn lookup(view: &View<'_>, key: &str, limit: usize) -> Result<Vec<Id>> {
    view.subjects(vocab::KEY, TermRef::from(string(key).as_ref()), limit)
}

/// Returns what stands for the entities of a key, each once.
pub(crate) fn named(view: &View<'_>, key: &str, limit: usize) -> Result<Vec<Id>> {
    standing(view, lookup(view, key, limit)?, None)
}

/// Returns what a name or an id stands for, or stood for when it was known.
pub(crate) fn called(view: &View<'_>, name: &str, limit: usize, known_at: Option<Timestamp>) -> Result<Vec<Id>> {
    let ids = match as_id(view, name)? {
        Some(id) => vec![id],
        None => lookup(view, &name_key(name), limit)?,
    };
    standing(view, ids, known_at)
}

fn standing(view: &View<'_>, ids: Vec<Id>, known_at: Option<Timestamp>) -> Result<Vec<Id>> {
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        let stands = identity::standing_at(view, id, known_at)?;
        if !found.contains(&stands) {
            found.push(stands);
        }
    }
    Ok(found)
}

/// Of several with one name, the one that is called exactly so.
fn the_one(view: &View<'_>, name: &str, namesakes: &[Id]) -> Result<Id> {
    let labels = namesakes.iter().map(|id| Ok((*id, label(view, *id)?))).collect::<Result<Vec<_>>>()?;
    if let Some(id) = called_so(&labels, name) {
        return Ok(id);
    }
    let listed: Vec<_> = labels.iter().map(|(id, label)| format!("{} ({id})", shortened(label))).collect();
    Err(Error::new(ErrorKind::Conflict, format!("`{}` may be {}", shortened(name), listed.join(" or ")))
        .hint("say which one, by its full name or its id"))
}

/// Of several by their names for people, the only one whose is written so, else the only one whose is but for its case.
pub(crate) fn called_so(labels: &[(Id, String)], name: &str) -> Option<Id> {
    let only = |fits: &dyn Fn(&str) -> bool| {
        let mut fitting = labels.iter().filter(|(_, label)| fits(label)).map(|(id, _)| *id);
        fitting.next().filter(|_| fitting.next().is_none())
    };
    let (name, key) = (name.trim(), normalise(name));
    only(&|label| label.trim() == name).or_else(|| only(&|label| normalise(label) == key))
}

/// Returns the entity that a name was given to, of those that one stands for; itself if the name is its own too.
pub(crate) fn of_name(view: &View<'_>, name: &str, stands: Id) -> Result<Id> {
    let mut given = Vec::new();
    for id in lookup(view, &name_key(name), usize::MAX)? {
        if identity::standing(view, id)? == stands {
            given.push(id);
        }
    }
    Ok(if given.contains(&stands) { stands } else { given.into_iter().min().unwrap_or(stands) })
}

/// Finds the entity that somebody names, by its id or a name of it, and what stands for it.
///
/// # Errors
/// `NotFound` when there is none, `Invalid` when the id is of something else, `Conflict` when several are meant.
pub(crate) fn find(view: &View<'_>, reference: &str) -> Result<Named> {
    let told = match as_id(view, reference)? {
        Some(id) => id,
        None => {
            let namesakes = named(view, &name_key(reference), usize::MAX)?;
            match namesakes.as_slice() {
                [] => return Err(no_entity(view, reference)?),
                [one] => of_name(view, reference, *one)?,
                several => of_name(view, reference, the_one(view, reference, several)?)?,
            }
        }
    };
    Ok(Named { told, stands: identity::standing(view, told)? })
}

fn no_entity(view: &View<'_>, reference: &str) -> Result<Error> {
    let start = shortened(reference);
    if let Ok(id) = reference.trim().parse::<Id>() {
        for (class, what) in [
            (ext::CONCEPT, "a tag"),
            (vocab::SESSION, "a conversation"),
            (vocab::MEMORY, "a memory"),
            (vocab::PASSAGE, "a passage"),
            (vocab::SOURCE, "a file"),
            (vocab::COMMIT, "a commit"),
            (vocab::CONFLICT, "a conflict"),
            (vocab::CORE_BLOCK, "a core block"),
            (vocab::COLLECTION, "a watched folder"),
        ] {
            if view.is_a(id, class)? {
                return Ok(Error::new(ErrorKind::Invalid, format!("{id} is {what}, not an entity"))
                    .hint("name a person, project, place, thing or note, by its name or its id"));
            }
        }
    }
    Ok(Error::new(ErrorKind::NotFound, format!("nothing is known of an entity `{start}`"))
        .hint("give its name as it is written in notes and facts, or its id; recall finds what mentions it"))
}

/// Reads a name that is the id of an entity.
pub(crate) fn as_id(view: &View<'_>, name: &str) -> Result<Option<Id>> {
    Ok(match name.trim().parse::<Id>() {
        Ok(id) if view.is_a(id, vocab::ENTITY)? => Some(id),
        _ => None,
    })
}

/// Returns an entity's name for people.
pub(crate) fn label(view: &View<'_>, id: Id) -> Result<String> {
    Ok(view.text(id, ext::PREF_LABEL)?.unwrap_or_else(|| id.to_string()))
}

/// Returns the keys that something is found by.
pub(crate) fn keys(view: &View<'_>, id: Id) -> Result<Vec<String>> {
    let node = vocab::node(id);
    view.quads(Some(node.as_ref().into()), Some(vocab::KEY), None, None)
        .map(|quad| quad.map(|q| crate::store::term_text(&q.object).unwrap_or_default()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_width_and_spaces() {
        assert_eq!(normalise("  Ｈｙｄｒａ\tProject "), "hydra project");
        assert_eq!(normalise("Cafe\u{301}"), normalise("CAFÉ"));
    }

    #[test]
    fn sessions_of_different_spaces_have_different_keys() {
        assert_ne!(session_key("a", "b/c"), session_key("a/b", "c"));
        assert_eq!(session_key("a", "Monday  Call"), session_key("a", "monday call"));
    }
}
