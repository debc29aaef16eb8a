//! Tells a person how far something is: a bar on a terminal, a line now and then elsewhere.

use std::fmt::Write;
use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressState, ProgressStyle};

use crate::output;

/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);
/// Before it is known how much there is; a bar would be full of nothing.
const UNCOUNTED: &str = "{spinner} {msg} {elapsed} so far";
/// Once that is known.
const COUNTED: &str = "{spinner} {msg} [{bar:30}] {pos}/{len}, {rate}, {elapsed} so far, {eta} to go";
/// How often the bar is drawn while nothing changes.
const TICK: Duration = Duration::from_millis(120);

/// A bar, or lines.
pub struct Progress {
    bar: Option<ProgressBar>,
    is_quiet: bool,
    last_line: Instant,
    /// What is counted: its first word, since names of files follow it.
    counted: String,
    /// Whether it is known how much of that there is.
    is_counted: bool,
}

impl Progress {
    /// Starts, saying nothing yet.
    pub fn new(is_quiet: bool) -> Self {
        let bar = (std::io::stderr().is_terminal() && !is_quiet).then(|| {
            let bar = ProgressBar::new(0);
            bar.set_style(style(UNCOUNTED));
            bar.enable_steady_tick(TICK);
            bar
        });
        Self { bar, is_quiet, last_line: Instant::now(), counted: String::new(), is_counted: false }
    }

    /// Says how far it is.
    pub fn show(&mut self, what: &str, done: u64, total: u64) {
        match &self.bar {
            Some(bar) => {
                let counted = what.split(' ').next().unwrap_or_default();
                if counted != self.counted {
                    // The rate of reading says nothing of embedding.
                    bar.reset();
                    counted.clone_into(&mut self.counted);
                    self.is_counted = false;
                    bar.set_style(style(UNCOUNTED));
                }
                if total > 0 && !self.is_counted {
                    self.is_counted = true;
                    bar.set_style(style(COUNTED));
                }
                bar.set_length(total);
                bar.set_position(done);
                bar.set_message(output::plain(what));
            }
            None if !self.is_quiet && self.last_line.elapsed() >= LINE_EVERY => {
                output::talk(&format!("{what} {done}/{total}"));
                self.last_line = Instant::now();
            }
            None => {}
        }
    }

    /// Says what is being done, where it can't be counted.
    pub fn name(&mut self, what: &str) {
        match &self.bar {
            Some(bar) => bar.set_message(output::plain(what)),
            None if !self.is_quiet => output::talk(what),
            None => {}
        }
    }

    /// Removes the bar.
    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    // Of what goes fast nobody reads the fractions.
    let rate = |state: &ProgressState, line: &mut dyn Write| {
        let _ = match state.per_sec() {
            slow if slow < 10.0 => write!(line, "{slow:.1}/s"),
            fast => write!(line, "{}/s", HumanCount(fast as u64)),
        };
    };
    style.with_key("rate", rate).progress_chars("=> ")
}
