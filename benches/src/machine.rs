//! The machine that figures come from. Without it they say nothing.

use std::fs;
use std::thread;

use serde::{Deserialize, Serialize};

/// What is printed with every figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's name.
    pub cpu: String,
    /// Cores that this process may use.
    pub cores: usize,
    /// The operating system and its kernel's version.
    pub kernel: String,
    /// The compiler.
    pub rustc: String,
    /// Whether this program was compiled with optimisation; if not, its figures are worthless.
    pub optimised: bool,
    /// The load average over the last minute when the program began; `None` where the system does not tell.
    pub load: Option<f64>,
    /// polder's version.
    pub polder: String,
}

impl Machine {
    /// Looks at this machine.
    pub fn look() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let cpu = read("/proc/cpuinfo")
            .lines()
            .find_map(|line| line.strip_prefix("model name"))
            .map_or_else(|| std::env::consts::ARCH.to_owned(), |name| name.trim_matches([' ', '\t', ':']).to_owned());
        let kernel = format!("{} {}", std::env::consts::OS, read("/proc/sys/kernel/osrelease").trim());
        Self {
            cpu,
            cores: thread::available_parallelism().map_or(1, usize::from),
            kernel: kernel.trim().to_owned(),
            rustc: env!("POLDER_BENCH_RUSTC").to_owned(),
            optimised: !cfg!(debug_assertions),
            load: read("/proc/loadavg").split(' ').next().and_then(|load| load.parse().ok()),
            polder: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// One line for people.
    pub fn line(&self) -> String {
        let load = self.load.map_or_else(|| "unknown".to_owned(), |load| format!("{load:.2}"));
        let Self { cpu, cores, kernel, rustc, polder, .. } = self;
        format!("{cpu}, {cores} cores, {kernel}, {rustc}, polder {polder}, load average {load}")
    }

    /// What makes the figures less than they seem.
    pub fn caveats(&self, most_threads: usize) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.optimised {
            notes.push("Compiled without optimisation: these figures are worthless (use --release).".to_owned());
        }
        if most_threads > self.cores {
            notes.push(format!(
                "Rows with more threads than the {} cores are oversubscribed: they show how a lock gets on with the \
                 scheduler, not how it scales. There clean windows seldom exist; the rate of the whole run is given.",
                self.cores
            ));
        }
        if let Some(load) = self.load.filter(|load| *load > self.cores as f64 * 0.5) {
            notes.push(format!("The machine was busy (load average {load:.2}): trust ratios, not absolute figures."));
        }
        notes
    }
}

/// The cores this process may run on.
#[cfg(target_os = "linux")]
pub fn allowed_cores() -> Vec<usize> {
    // SAFETY: `cpu_set_t` is plain bits, and no bit set is a value of it.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: the set is a live one of the size given; 0 names the calling thread.
    let failed = unsafe { libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut set) };
    if failed != 0 {
        return Vec::new();
    }
    // SAFETY: the number is below CPU_SETSIZE, so that its bit lies inside the set.
    (0..libc::CPU_SETSIZE as usize).filter(|&core| unsafe { libc::CPU_ISSET(core, &set) }).collect()
}

/// Keeps the calling thread on one core. Best effort: where it is refused, the thread roams.
#[cfg(target_os = "linux")]
pub fn pin(core: usize) {
    // SAFETY: `cpu_set_t` is plain bits, and no bit set is a value of it.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: `core` comes from `allowed_cores`, so its bit lies inside the set.
    unsafe { libc::CPU_SET(core, &mut set) };
    // SAFETY: the set is a live one of the size given; 0 names the calling thread.
    unsafe { libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set) };
}

/// The cores this process may run on: unknown here, so nothing is pinned.
#[cfg(not(target_os = "linux"))]
pub fn allowed_cores() -> Vec<usize> {
    Vec::new()
}

/// Pins nothing on this system.
#[cfg(not(target_os = "linux"))]
pub fn pin(_core: usize) {}
