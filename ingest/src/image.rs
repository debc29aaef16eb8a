//! An image, found by its name: nothing is read of what it shows. What a note says of one stands in that note.

use std::path::Path;

use hydra_graph::Passage;

use crate::content::Content;

/// Bytes from the front of an image that tell it from others, together with its length: a folder of photographs would
/// else be read whole to learn nothing.
pub(crate) const IMAGE_HEAD_BYTES: u64 = 64 * 1024;
/// Letters that make a word; `IMG_0001` has none, since its letters are every camera's.
const MIN_WORD_LETTERS: usize = 4;

/// Makes content of an image's name.
pub(crate) fn read(path: &Path) -> Content {
    let own = |name: Option<&std::ffi::OsStr>| name.unwrap_or_default().to_string_lossy().into_owned();
    let text = own(path.file_stem()).split(['_', '-', '+', '.', ' ']).collect::<Vec<_>>().join(" ");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut content = Content { title: Some(own(path.file_name())), ..Content::default() };
    let is_word = |word: &str| word.chars().filter(|letter| letter.is_alphabetic()).count() >= MIN_WORD_LETTERS;
    if text.split(' ').any(is_word) {
        let span = 0..text.len();
        content.passages.push(Passage { span, line: 1, headings: Vec::new(), block: None, pattern: None });
        content.text = text;
    }
    content
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_word_in_it_is_found() {
        let cases = [
            ("/v/boiler-valve_2024.png", "boiler valve 2024", 1),
            ("/v/The red door.JPG", "The red door", 1),
            ("/v/IMG_0001.jpg", "", 0),
            ("/v/.png", "", 0),
        ];
        for (path, text, passages) in cases {
            let content = read(Path::new(path));
            assert_eq!((content.text.as_str(), content.passages.len()), (text, passages), "{path}");
            crate::mutation::check_content(&content);
        }
        assert_eq!(read(Path::new("/v/IMG_0001.jpg")).title.as_deref(), Some("IMG_0001.jpg"));
    }
}
