//! Passages per CPU second of the bare model: the yardstick for ingest.
//!
//! `cargo run --release -p hydra-embed --example throughput -- MODEL_DIR [TEXTS] [WORDS] [THREADS]`

#![expect(clippy::print_stdout, reason = "a program for people at a terminal")]

use std::path::PathBuf;
use std::time::Instant;

use hydra_embed::{Embedder, MiniLm};

/// Clock ticks per second in /proc, the same on every Linux that runs on x86-64.
const TICKS: f64 = 100.0;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let dir = PathBuf::from(arguments.next().ok_or("give the model's folder, then texts, words, threads")?);
    let mut number = |default: usize| arguments.next().map_or(Ok(default), |word| word.parse());
    let (texts, words, threads) = (number(64)?, number(190)?, number(1)?);

    let model = MiniLm::new(vec![dir], threads);
    let start = Instant::now();
    model.warm()?;
    println!("loaded in {:.2} s, {} MB resident", start.elapsed().as_secs_f64(), resident_mb()?);

    let passages: Vec<String> = (0..texts).map(|text| passage(text, words)).collect();
    model.embed(&passages[..passages.len().min(8)])?;
    let (start, before) = (Instant::now(), cpu_seconds()?);
    model.embed(&passages)?;
    let (wall, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds()? - before);
    let rate = texts as f64;
    println!("{texts} texts of {words} words: {:.1} per CPU second, {:.1} per second", rate / cpu, rate / wall);

    let mut times: Vec<f64> = Vec::new();
    for question in 0..50 {
        let start = Instant::now();
        model.embed_query(&passage(question, 8))?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    println!("a question of 8 words: {:.1} ms (median); {} MB resident", times[times.len() / 2], resident_mb()?);
    Ok(())
}

/// Plain English words, most of them one word piece each.
fn passage(number: usize, words: usize) -> String {
    const WORDS: [&str; 16] = [
        "the", "boat", "was", "painted", "green", "last", "spring", "and", "we", "sailed", "across", "lake", "before",
        "winter", "came", "home",
    ];
    (0..words).map(|word| WORDS[(number * 7 + word * 5 + word / 3) % WORDS.len()]).collect::<Vec<_>>().join(" ")
}

fn cpu_seconds() -> Result<f64, Box<dyn std::error::Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The program's name, in brackets, may hold blanks; user and system time are the 12th and 13th field after it.
    let after = stat.rsplit_once(')').ok_or("no name in /proc/self/stat")?.1;
    let fields: Vec<&str> = after.split_whitespace().collect();
    let ticks = fields.get(11..13).ok_or("too few fields")?.iter().map(|field| field.parse::<f64>());
    Ok(ticks.sum::<Result<f64, _>>()? / TICKS)
}

fn resident_mb() -> Result<u64, Box<dyn std::error::Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.split_whitespace().nth(1).ok_or("no number")?.parse::<u64>()? / 1024)
}
