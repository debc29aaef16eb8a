//! A file of somebody else: read once, and replaced only if it is still what was read.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind as Fault, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use hydra_graph::{Error, ErrorKind, Result};
use rustix::fs::{Access, CWD, Mode, RenameFlags, access, fchmod, fchown, renameat_with};
use rustix::io::Errno;
use rustix::process::{Gid, Uid, getegid, geteuid};

/// Longest file that is changed: the largest that Claude Code keeps are a few hundred kilobytes.
pub const MAX_FILE_BYTES: u64 = 8 * 1024 * 1024;
/// Mode of a file that is made.
const NEW_MODE: u32 = 0o600;
/// The permission bits of a mode.
const PERMISSIONS: u32 = 0o7777;

/// A file as it was when it was read.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The file as it was named.
    pub path: PathBuf,
    /// What it is, behind links: a link stays one, and what it leads to is changed.
    target: PathBuf,
    /// Its bytes, if it was there.
    pub content: Option<Vec<u8>>,
    mode: u32,
    owner: Option<(u32, u32)>,
}

impl Snapshot {
    /// Reads a file, which need not be there.
    ///
    /// # Errors
    /// `Invalid` for a link that leads nowhere and for what is no file; `TooLarge`.
    pub fn take(path: &Path) -> Result<Self> {
        let failed = |error: &std::io::Error| Error::io(path.display(), error);
        let absent =
            |target: PathBuf| Self { path: path.to_owned(), target, content: None, mode: NEW_MODE, owner: None };
        let target = match fs::canonicalize(path) {
            Ok(target) => target,
            Err(error) if error.kind() == Fault::NotFound && fs::symlink_metadata(path).is_err() => {
                return Ok(absent(path.to_owned()));
            }
            Err(error) if error.kind() == Fault::NotFound => {
                return Err(Error::new(ErrorKind::Invalid, format!("{} is a link that leads nowhere", path.display()))
                    .hint("make the file that it leads to, or remove the link, and run this again"));
            }
            Err(error) => return Err(failed(&error)),
        };
        let mut file = File::open(&target).map_err(|error| failed(&error))?;
        let metadata = file.metadata().map_err(|error| failed(&error))?;
        if !metadata.is_file() {
            return Err(Error::new(ErrorKind::Invalid, format!("{} is not a file", path.display()))
                .hint("move it away, and run this again"));
        }
        if metadata.len() > MAX_FILE_BYTES {
            return Err(Error::new(
                ErrorKind::TooLarge,
                format!(
                    "{} has {} bytes, and {MAX_FILE_BYTES} is the most that is changed",
                    path.display(),
                    metadata.len()
                ),
            )
            .hint("see what fills it, and make it smaller"));
        }
        let mut content = Vec::new();
        file.read_to_end(&mut content).map_err(|error| failed(&error))?;
        let owner = Some((metadata.uid(), metadata.gid()));
        Ok(Self { path: path.to_owned(), target, content: Some(content), mode: metadata.mode() & PERMISSIONS, owner })
    }

    /// Checks that it may be changed: a file that its owner made read-only stays, though it could be replaced.
    ///
    /// # Errors
    /// `Invalid` says what stands in the way.
    pub fn check_writable(&self) -> Result<()> {
        let refused = |what: String, hint: String| Err(Error::new(ErrorKind::Invalid, what).hint(hint));
        let shown = self.target.display();
        if self.content.is_some() && self.mode & 0o200 == 0 {
            return refused(
                format!("{shown} is read-only"),
                format!("allow writing (chmod u+w {shown}), or have whatever makes it write the change shown"),
            );
        }
        if let Some((user, _)) = self.owner
            && user != geteuid().as_raw()
            && !geteuid().is_root()
        {
            return refused(format!("{shown} belongs to another user"), "run this as that user".to_owned());
        }
        let folder = self.folder();
        let existing = folder.ancestors().find(|folder| folder.exists()).unwrap_or(folder);
        match access(existing, Access::WRITE_OK) {
            Ok(()) => Ok(()),
            Err(error) => refused(
                format!("{} can't be written to: {}", existing.display(), std::io::Error::from(error)),
                "allow writing there, or have whatever makes the file write the change shown".to_owned(),
            ),
        }
    }

    /// Puts `new` in its place, whole or not at all, with the same mode and owner.
    ///
    /// # Errors
    /// `Conflict` when it is no longer what was read: then it is as somebody else left it.
    pub fn replace(&self, new: &[u8]) -> Result<()> {
        let failed = |error: std::io::Error| Error::io(self.target.display(), &error);
        let folder = self.folder();
        fs::create_dir_all(folder).map_err(failed)?;
        let beside = self.beside();
        let result = self.write(&beside, new).map_err(failed).and_then(|()| match &self.content {
            Some(old) => self.exchange(&beside, old),
            None => self.put(&beside),
        });
        // After an exchange this is the old file; after a failure, what was to be the new one.
        let _ = fs::remove_file(&beside);
        result?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        match fs::read(&self.target) {
            Ok(bytes) if bytes == new => Ok(()),
            Ok(_) => Err(self.changed()),
            Err(error) => Err(failed(error)),
        }
    }

    /// Removes it.
    ///
    /// # Errors
    /// As [`Self::replace`].
    pub fn remove(&self) -> Result<()> {
        if Self::take(&self.path)?.content != self.content {
            return Err(self.changed());
        }
        fs::remove_file(&self.target).map_err(|error| Error::io(self.target.display(), &error))
    }

    /// Describes it as it is once `content` is in it.
    pub fn with(&self, content: Option<Vec<u8>>) -> Self {
        Self { content, ..self.clone() }
    }

    /// Tells whether its folder is there.
    pub fn has_folder(&self) -> bool {
        self.folder().is_dir()
    }

    /// Removes its folder if it is empty.
    ///
    /// # Errors
    /// What the disk says.
    pub fn remove_folder(&self) -> std::io::Result<()> {
        fs::remove_dir(self.folder())
    }

    fn folder(&self) -> &Path {
        self.target.parent().unwrap_or(Path::new("/"))
    }

    fn beside(&self) -> PathBuf {
        let name = self.target.file_name().unwrap_or_default().to_string_lossy();
        self.folder().join(format!(".{name}.hydra-{}.new", std::process::id()))
    }

    fn write(&self, beside: &Path, new: &[u8]) -> std::io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(NEW_MODE).open(beside)?;
        if let Some((user, group)) = self.owner
            && (user, group) != (geteuid().as_raw(), getegid().as_raw())
        {
            fchown(&file, Some(Uid::from_raw(user)), Some(Gid::from_raw(group)))?;
        }
        fchmod(&file, Mode::from_raw_mode(self.mode))?;
        file.write_all(new)?;
        file.sync_all()
    }

    /// Changes places with the file and looks at what came out, so that no moment is left in which a change by somebody
    /// else would be lost.
    fn exchange(&self, beside: &Path, old: &[u8]) -> Result<()> {
        let failed = |error: std::io::Error| Error::io(self.target.display(), &error);
        match renameat_with(CWD, beside, CWD, &self.target, RenameFlags::EXCHANGE) {
            Ok(()) if fs::read(beside).is_ok_and(|out| out == old) => Ok(()),
            Ok(()) => {
                renameat_with(CWD, beside, CWD, &self.target, RenameFlags::EXCHANGE)
                    .map_err(|error| failed(error.into()))?;
                Err(self.changed())
            }
            Err(Errno::NOENT) => Err(self.changed()),
            // A file system that can't: compare, and rename at once.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => match fs::read(&self.target) {
                Ok(now) if now == old => fs::rename(beside, &self.target).map_err(failed),
                _ => Err(self.changed()),
            },
            Err(error) => Err(failed(error.into())),
        }
    }

    /// Gives the file its name, unless somebody else has made one meanwhile.
    fn put(&self, beside: &Path) -> Result<()> {
        match fs::hard_link(beside, &self.target) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == Fault::AlreadyExists => Err(self.changed()),
            Err(error) => Err(Error::io(self.target.display(), &error)),
        }
    }

    fn changed(&self) -> Error {
        Error::new(ErrorKind::Conflict, format!("{} was changed by somebody else meanwhile", self.path.display()))
            .hint("nothing of it was lost; run this again")
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_keeps_its_mode_and_nothing_stays_beside_it() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("settings.json");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        Snapshot::take(&path).unwrap().replace(b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().mode() & PERMISSIONS, 0o640);
        assert_eq!(names(temp.path()), ["settings.json"]);
    }

    #[test]
    fn a_link_stays_one_and_what_it_leads_to_is_changed() {
        let temp = tempfile::tempdir().unwrap();
        let (real, link) = (temp.path().join("dotfiles.json"), temp.path().join("settings.json"));
        fs::write(&real, "old").unwrap();
        std::os::unix::fs::symlink("dotfiles.json", &link).unwrap();
        Snapshot::take(&link).unwrap().replace(b"new").unwrap();
        assert_eq!(fs::read_link(&link).unwrap(), Path::new("dotfiles.json"));
        assert_eq!(fs::read(&real).unwrap(), b"new");
        fs::remove_file(&real).unwrap();
        assert_eq!(Snapshot::take(&link).unwrap_err().kind(), ErrorKind::Invalid);
    }

    #[test]
    fn what_somebody_else_wrote_meanwhile_stays() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("settings.json");
        let absent = Snapshot::take(&path).unwrap();
        fs::write(&path, "theirs").unwrap();
        assert_eq!(absent.replace(b"ours").unwrap_err().kind(), ErrorKind::Conflict);
        let read = Snapshot::take(&path).unwrap();
        fs::write(&path, "theirs again").unwrap();
        assert_eq!(read.replace(b"ours").unwrap_err().kind(), ErrorKind::Conflict);
        assert_eq!(read.remove().unwrap_err().kind(), ErrorKind::Conflict);
        assert_eq!(fs::read(&path).unwrap(), b"theirs again");
        fs::remove_file(&path).unwrap();
        assert_eq!(read.replace(b"ours").unwrap_err().kind(), ErrorKind::Conflict);
        assert!(names(temp.path()).is_empty());
    }

    #[test]
    fn what_can_not_or_should_not_be_changed_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        assert_eq!(Snapshot::take(temp.path()).unwrap_err().kind(), ErrorKind::Invalid);
        let path = temp.path().join("settings.json");
        fs::write(&path, "{}").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        let refused = Snapshot::take(&path).unwrap().check_writable().unwrap_err();
        assert!(refused.message().contains("read-only"), "{refused}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let file = File::options().write(true).open(&path).unwrap();
        file.set_len(MAX_FILE_BYTES).unwrap();
        assert!(Snapshot::take(&path).is_ok());
        file.set_len(MAX_FILE_BYTES + 1).unwrap();
        assert_eq!(Snapshot::take(&path).unwrap_err().kind(), ErrorKind::TooLarge);
    }
}
