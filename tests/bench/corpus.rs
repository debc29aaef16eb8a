//! Made-up notes in plain English words, the same at every run.

use std::fmt::Write as _;
use std::path::Path;

/// Words a person's notes are made of; rarer towards the end.
const WORDS: &str = "the and of to in it is was for on that with as at by from this had not but they have one we all were \
when there can more if out up what so about into than them then its only over also after other some could time these two \
may first new now people way work long day did get made before here through year well house water note garden meeting \
project kitchen window river winter letter engine market morning plan reason question answer number picture machine \
paper friend village station bridge forest island island harbour lantern bicycle carpet mirror violin pepper saddle \
compass thunder velvet walnut anchor barrel candle dagger ember falcon glacier hammer ivory jacket kettle ladder magnet \
needle orchard pillar quarry ribbon shovel tunnel umbrella valley whistle yarrow zephyr almanac basalt cobalt drizzle \
eclipse fjord gazebo heather indigo juniper kelp lichen marble nectar obsidian pebble quartz rhubarb saffron timber \
upland vellum wicker xenon yeast zinc";

/// A small generator (Steele et al. 2014, SplitMix64).
pub struct Random(u64);

impl Random {
    /// Starts at a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns a number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }

    /// Returns a word, common ones more often.
    pub fn word(&mut self) -> &'static str {
        let words: Vec<&str> = WORDS.split_whitespace().collect();
        let rank = self.below(words.len()) * (self.below(words.len()) + 1) / words.len();
        words[rank]
    }

    /// Returns a sentence of so many words.
    pub fn sentence(&mut self, words: usize) -> String {
        let mut sentence = String::new();
        for n in 0..words {
            let word = self.word();
            sentence.push_str(if n == 0 { "" } else { " " });
            sentence.push_str(word);
        }
        sentence.push('.');
        sentence
    }
}

/// Writes `notes` Markdown files with `passages` sections each, of `words` words, with a link every other section.
pub fn write_vault(folder: &Path, notes: usize, passages: usize, words: usize) {
    let mut random = Random::new(7);
    for note in 0..notes {
        let mut text = format!("# Note {note}\n");
        for passage in 0..passages {
            let _ = write!(text, "\n## Part {passage}\n\n");
            for sentence in (0..words).step_by(12) {
                let _ = write!(text, "{} ", random.sentence(12.min(words - sentence)));
            }
            if passage % 2 == 0 {
                let _ = write!(text, "See [[note-{}]].", random.below(notes));
            }
            text.push('\n');
        }
        let place = folder.join(format!("shelf-{}", note % 20));
        std::fs::create_dir_all(&place).expect("a folder for notes");
        std::fs::write(place.join(format!("note-{note}.md")), text).expect("a note");
    }
}
