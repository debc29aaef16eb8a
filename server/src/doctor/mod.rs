//! What `hydra doctor` looks at, one file for each part, in the order in which one thing needs another.
//!
//! Every look is bounded in time and leaves everything as it is, unless it is asked to mend what is safe to mend. What is
//! remembered, and secrets, are in no answer: a report is made to be shown to others.

mod agent;
mod bridge;
mod check;
mod copies;
mod folders;
mod memory;
mod model;
mod sample;
mod serving;

pub use check::{Check, State};

use crate::cli::Global;
use crate::config::Config;

/// What is looked at, and how.
pub struct Patient<'a> {
    /// Every option.
    pub config: &'a Config,
    /// The options of the command line.
    pub global: &'a Global,
    /// Whether what is safe to mend is mended.
    pub fix: bool,
}

/// Looks at everything, telling `on_part` what comes next.
pub async fn look(patient: &Patient<'_>, on_part: &mut dyn FnMut(&str)) -> Vec<Check> {
    let mut checks = folders::check(patient);
    let has_memory = crate::folder::check_memory(&patient.config.data_dir).is_ok();
    on_part("the server");
    checks.extend(serving::check(patient).await);
    on_part("the model");
    checks.push(model::check(patient.config).await);
    if has_memory {
        on_part("the memory");
        checks.extend(memory::check(patient).await);
        checks.push(copies::check(&patient.config.data_dir));
    }
    on_part("the agents");
    checks.extend(agent::check(patient, has_memory, on_part).await);
    checks
}
