//! `hydra serve`

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use hydra_embed::MiniLm;
use hydra_graph::{Collection, Error, ErrorKind, Memory, Result};
use hydra_ingest::{Skipped, Summary};
use hydra_mcp::Crossing;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Setting;
use crate::access::exposure::{self, Wire};
use crate::config::{Config, LogFormat};
use crate::configured;
use crate::daemon::Daemon;
use crate::enrich;
use crate::http::{self, App};
use crate::interrupt::Interrupts;
use crate::listener::Certificate;
use crate::manager;
use crate::outcome;
use crate::output;
use crate::presence::{self, Presence};
use crate::token::Token;
use crate::verb;
use crate::wiring;

/// How often is looked whether something that was erased is still to be cleared from the files.
const ERASING_EVERY: Duration = Duration::from_secs(10);
/// How long the memory may take to be put in order at the end; without it the next start only takes longer.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(20);

const EXAMPLES: &str = "\
Examples:
  hydra serve
  hydra serve --data-dir ~/work-memory --port 7718

Serves /mcp (agents), /graphql, /sparql and /store (whole graphs), /v1 (the verbs as JSON) and /metrics (Prometheus) on this \
machine; these need the token in the data folder, which commands and `hydra mcp` use by themselves. /healthz and /readyz \
need none. Ctrl-C or `hydra stop` stops it cleanly. Started by systemd, it takes the socket and gives the signs of life that \
systemd wants: data/systemd in the sources has the units.";

/// Options of `hydra serve`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Detach from the terminal and log to a file; used by whoever starts a server for itself
    #[arg(long, hide = true)]
    pub background: bool,
}

/// Runs it.
///
/// # Errors
/// `Locked` names the process that holds the memory; `Unavailable` a port that is in use.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    if arguments.background {
        // A session of its own: no terminal's Ctrl-C reaches it. It fails only for a process that has one already.
        let _ = rustix::process::setsid();
    }
    let config = &setting.config;
    // Whoever starts one in the background has looked already.
    if !arguments.background
        && let Some(server) = presence::find(&config.data_dir, &presence::http_client()?).await
    {
        let message = format!("already running at {} (pid {})", server.url(), server.pid);
        return Err(Error::new(ErrorKind::Locked, message)
            .hint("use it as it is, or stop it first: `hydra stop`; another memory needs another --data-dir"));
    }
    let handed = manager::listener()?;
    let mut interrupts = Interrupts::listen()?;
    let metrics = http::start_metrics()?;
    let holder = match config.port {
        0 => "`hydra serve`".to_owned(),
        port => format!("`hydra serve` on port {port}"),
    };
    let (memory, model) = open(config, &holder).await?;
    let started = start(config, &arguments, handed).await;
    let (Door { listener, certificate }, presence, token) = match started {
        Ok(started) => started,
        Err(error) => {
            close(memory).await;
            return Err(error);
        }
    };
    let refused = watch_configured(config, &memory).await;
    let (told, sources) = watch::channel(0);
    let on_state = Box::new(move || told.send_modify(|times: &mut u64| *times = times.wrapping_add(1)));
    let watching =
        Daemon::start(memory.clone(), config.data_dir.clone(), Vec::new(), refused, Box::new(note_look), on_state)
            .inspect_err(|error| tracing::warn!("no folder is watched: {error}"));
    let crossing = Crossing::new(memory.clone());
    let (stop, stopping) = watch::channel(false);
    let app = App::new(config, crossing.clone(), presence.clone(), token, metrics, sources, stopping.clone());
    let enriching = app.enricher().filter(|enricher| enricher.is_automatic()).and_then(|enricher| {
        let started = enrich::Background::start(memory.clone(), enricher);
        started.inspect_err(|error| tracing::warn!("no model is asked: {error}")).ok()
    });
    let (taking, map) = (app.taking(), app.map());
    let keeping = tokio::spawn(app.keep());
    let mut stopped = stopping;
    let serving = tokio::spawn(http::serve(listener, certificate, app, async move {
        let _ = stopped.wait_for(|stopped| *stopped).await;
    }));
    if let Err(error) = presence.write(&config.data_dir) {
        end(watching.ok(), enriching).await;
        close(memory).await;
        return Err(error);
    }
    let warming = model.map(|model| warm_up(config, model));
    greet(setting, &arguments, &presence, &crossing).await;
    let signs = manager::watch(crossing.memory());
    manager::ready(&presence.url());
    interrupts.next().await;
    tracing::info!("stopping");
    manager::stopping();
    // Whoever looks for a server from now on finds none, and waits for the lock.
    presence.remove(&config.data_dir);
    let _ = stop.send(true);
    let orderly = async {
        if serving.await.is_err() {
            tracing::error!("the server ended in the middle of something");
        }
        taking.stop();
        let _ = tokio::task::spawn_blocking(move || map.stop()).await;
        // Who was refused last is written down before the memory is closed.
        let _ = keeping.await;
        end(watching.ok(), enriching).await;
        close(memory).await;
        // Until here: a stop takes no longer than the manager waits for a sign.
        if let Some(signs) = signs {
            signs.abort();
        }
        // ONNX Runtime does not survive the end of the process while it is being loaded.
        if let Some(warming) = warming {
            let _ = warming.await;
        }
    };
    tokio::select! {
        () = orderly => tracing::info!("stopped"),
        // A second signal: whatever was acknowledged is on disk.
        () = interrupts.next_wish() => std::process::exit(i32::from(outcome::INTERRUPTED)),
    }
    Ok(outcome::DONE)
}

/// Has the folders of the configuration watched; returns those that can't be.
async fn watch_configured(config: &Config, memory: &Memory) -> Vec<Skipped> {
    let (config, memory) = (config.clone(), memory.clone());
    let done = tokio::task::spawn_blocking(move || configured::watch_configured(&memory, &config)).await;
    let failed = |error: Error| tracing::warn!("folders that the configuration names are not watched: {error}");
    match done {
        Ok(done) => done.map_err(failed).unwrap_or_default(),
        Err(_) => Vec::new(),
    }
}

/// Ends the watching of folders and the asking of a model.
async fn end(watching: Option<Daemon>, enriching: Option<enrich::Background>) {
    let ended = tokio::task::spawn_blocking(|| {
        if let Some(enriching) = enriching {
            enriching.stop();
        }
        if let Some(daemon) = watching {
            daemon.stop();
        }
    });
    let _ = ended.await;
}

/// Logs what a look at a watched folder did, without a name of anything in it.
fn note_look(collection: &Collection, summary: &Summary) {
    let Summary { added, changed, moved, removed, .. } = summary;
    tracing::info!(source = %collection.id, added, changed, moved, removed, "read");
}

/// Opens the memory and its vector index, so that no answer leaves meaning out without saying so. The model is not
/// loaded here.
async fn open(config: &Config, holder: &str) -> Result<(Memory, Option<Arc<MiniLm>>)> {
    let (config, holder) = (config.clone(), holder.to_owned());
    let opened = tokio::task::spawn_blocking(move || {
        let memory = wiring::open(&config, &holder)?;
        let model = wiring::attach_vectors(&config, &memory)
            .inspect_err(|error| tracing::warn!("search by meaning is off: {error}"));
        finish_erasing(&memory);
        Ok((memory, model.ok()))
    });
    opened.await.unwrap_or_else(|_| Err(Error::new(ErrorKind::Io, "opening the memory ended in the middle")))
}

/// Clears in the background what an erasure could not, because it was cut short or an index was being built.
fn finish_erasing(memory: &Memory) {
    let memory = memory.clone();
    tokio::spawn(async move {
        loop {
            let own = memory.clone();
            match tokio::task::spawn_blocking(move || own.finish_erasing()).await {
                Ok(Err(error)) if error.kind() != ErrorKind::Poisoned => tracing::info!("{error}"),
                Ok(Err(error)) => return tracing::warn!("{error}"),
                Ok(Ok(())) | Err(_) => {}
            }
            tokio::time::sleep(ERASING_EVERY).await;
        }
    });
}

/// Where the server is reached, and what it shows there.
struct Door {
    listener: TcpListener,
    certificate: Option<Arc<Certificate>>,
}

/// Takes the port, if no socket was `handed` over, and makes what a caller needs to know. The memory is held already, so
/// nobody else does it.
async fn start(
    config: &Config,
    arguments: &Arguments,
    handed: Option<std::net::TcpListener>,
) -> Result<(Door, Presence, Token)> {
    let token = Token::read_or_make(&config.data_dir)?;
    let certificate = match (&config.tls_cert, &config.tls_key) {
        (Some(certificate), Some(key)) => Some(Arc::new(Certificate::read(certificate, key)?)),
        _ => None,
    };
    let wire = match (&certificate, config.allow_plain_http) {
        (Some(_), _) => Wire::Encrypted,
        (None, true) => Wire::PlainAllowed,
        (None, false) => Wire::Plain,
    };
    let listener = match handed {
        // It may be anywhere, whatever `bind` says.
        Some(handed) => {
            let failed = |error: std::io::Error| Error::io("the socket that was handed over", &error);
            let address = handed.local_addr().map_err(failed)?;
            exposure::check(address.ip(), wire, &config.data_dir, wiring::now())?;
            TcpListener::from_std(handed).map_err(failed)?
        }
        None => {
            exposure::check(config.bind, wire, &config.data_dir, wiring::now())?;
            listen(config, arguments).await?
        }
    };
    let address = listener.local_addr().map_err(|error| Error::io("the server's address", &error))?;
    let certificate_file = certificate.is_some().then(|| config.tls_cert.clone()).flatten();
    let presence = Presence::of_this_process(address, certificate_file, wiring::now())?;
    Ok((Door { listener, certificate }, presence, token))
}

async fn listen(config: &Config, arguments: &Arguments) -> Result<TcpListener> {
    match TcpListener::bind(SocketAddr::new(config.bind, config.port)).await {
        Ok(listener) => Ok(listener),
        // Nobody needs to know the port of a server in the background: its note says it.
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse && arguments.background => {
            tracing::warn!("port {} is in use; taking another", config.port);
            let bound = TcpListener::bind(SocketAddr::new(config.bind, 0)).await;
            bound.map_err(|error| Error::io(format!("listening on {}", config.bind), &error))
        }
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            let message = format!("port {} of {} is in use by another program", config.port, config.bind);
            Err(Error::new(ErrorKind::Unavailable, message).hint(format!(
                "stop that one, or take another port: hydra serve --port {}",
                config.port.wrapping_add(1).max(1024)
            )))
        }
        Err(error) => Err(Error::io(format!("listening on {} port {}", config.bind, config.port), &error)
            .hint("check bind and port in the configuration")),
    }
}

/// Loads the model while requests are answered already; the first that needs it waits for it.
fn warm_up(config: &Config, model: Arc<MiniLm>) -> JoinHandle<()> {
    let config = config.clone();
    tokio::task::spawn_blocking(move || {
        // A missing model was told when the index was attached.
        if hydra_embed::look(&config.model_dirs()).is_some()
            && let Err(error) = model.warm()
        {
            tracing::warn!("search by meaning is off: {error}");
        }
    })
}

/// Says where it is and what to do next.
async fn greet(setting: &Setting, arguments: &Arguments, presence: &Presence, crossing: &Crossing) {
    let config = &setting.config;
    tracing::info!(port = presence.port, pid = presence.pid, version = hydra_mcp::VERSION, "listening");
    // A log has no use for a welcome.
    if setting.global.quiet || arguments.background || config.log_format == LogFormat::Json {
        return;
    }
    let program = std::env::current_exe().map_or_else(|_| "hydra".to_owned(), |path| path.display().to_string());
    let data_dir = config.data_dir.display();
    let mut lines = vec![format!("hydra {} at {}, memory in {data_dir}", hydra_mcp::VERSION, presence.url())];
    if let Ok(status) = crossing.run("status", |memory| memory.status()).await {
        lines.push(format!(
            "{}, {} in {}",
            output::count(status.memories, "memory"),
            output::count(status.sources, "note"),
            output::count(status.passages, "passage")
        ));
        if status.memories + status.sources == 0 {
            lines.push(format!("read your notes:     {program} ingest --data-dir {data_dir} FOLDER"));
        }
    }
    lines.push(format!("see it in a browser: {program} open --data-dir {data_dir}"));
    lines.push(format!("connect Claude Code: {program} install claude-code --data-dir {data_dir}"));
    lines.push(format!("stop:                Ctrl-C, or: {program} stop --data-dir {data_dir}"));
    if hydra_embed::look(&config.model_dirs()).is_none() {
        lines.push(format!("search by meaning is off until you run: {program} models fetch --data-dir {data_dir}"));
    }
    tracing::debug!(resident_bytes = verb::resident_bytes(), "started");
    output::talk(&lines.join("\n"));
}

async fn close(memory: Memory) {
    let closed = tokio::task::spawn_blocking(move || memory.close());
    match tokio::time::timeout(CLOSE_TIMEOUT, closed).await {
        Ok(Ok(Ok(()))) => {}
        Ok(Ok(Err(error))) => tracing::warn!("the memory was not put in order ({error}); the next start does it"),
        Ok(Err(_)) | Err(_) => tracing::warn!("the memory was not put in order in time; the next start does it"),
    }
}
