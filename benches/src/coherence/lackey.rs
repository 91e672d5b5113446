//! Reads what valgrind's lackey prints: a line per instruction, each followed by a line per access.
//!
//! ```text
//! I  0401b770,1         an instruction: address (hexadecimal), bytes
//!  S 1fff000770,8       it stores
//!  L 1fff000770,8       it loads
//!  M 1fff000770,8       it loads and stores
//! ==17== …              valgrind itself
//! ```

use std::fmt;
use std::io::{self, BufRead};

use super::mark::{Kind, Mark};
use super::trace::{Access, Recording, Touch, Trace};

/// Why a trace cannot be used.
#[derive(Debug)]
pub enum TraceError {
    /// The stream broke.
    Read(io::Error),
    /// Lines that lackey does not print, probably the recorded program's complaint.
    Foreign(Vec<String>),
    /// A mark where none can be: the recorded threads did not take turns.
    Misplaced(Mark),
    /// The trace ends inside an operation.
    Unfinished(usize),
}

impl fmt::Display for TraceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => write!(f, "the trace cannot be read: {error}"),
            Self::Foreign(lines) => write!(f, "not a line of a trace: {}", lines.join("\n")),
            Self::Misplaced(mark) => write!(f, "a mark out of turn: {mark:?}"),
            Self::Unfinished(core) => write!(f, "the trace ends inside an operation of core {core}"),
        }
    }
}

impl std::error::Error for TraceError {}

/// How many foreign lines are worth showing.
const SHOWN: usize = 20;

/// Reads a trace to its end, keeping only what lies inside operations.
///
/// # Errors
///
/// When the stream breaks, or holds anything but a trace of threads that took turns.
pub fn read(mut stream: impl BufRead, cores: usize) -> Result<Trace, TraceError> {
    let mut reader = Reader::new(cores);
    let mut line = Vec::new();
    loop {
        line.clear();
        if stream.read_until(b'\n', &mut line).map_err(TraceError::Read)? == 0 {
            return reader.finish();
        }
        reader.line(line.trim_ascii_end())?;
    }
}

/// The state between two lines.
struct Reader {
    trace: Trace,
    /// The core whose operation is being read.
    open: Option<usize>,
    /// Per core: instructions since its last access.
    gaps: Vec<u32>,
    foreign: Vec<String>,
}

impl Reader {
    fn new(cores: usize) -> Self {
        let trace = Trace { cores: vec![Recording::default(); cores] };
        Self { trace, open: None, gaps: vec![0; cores], foreign: Vec::new() }
    }

    fn line(&mut self, line: &[u8]) -> Result<(), TraceError> {
        let access = match line {
            [b'I', b' ', b' ', ..] => {
                if let Some(core) = self.open {
                    self.trace.cores[core].instructions += 1;
                    self.gaps[core] += 1;
                }
                return Ok(());
            }
            [b' ', b'L', b' ', ..] => Access::Load,
            [b' ', b'S', b' ', ..] => Access::Store,
            [b' ', b'M', b' ', ..] => Access::Modify,
            [] | [b'=', b'=', ..] | [b'-', b'-', ..] => return Ok(()),
            _ => {
                self.foreign(line);
                return Ok(());
            }
        };
        let Some((address, size)) = place(&line[3..]) else {
            self.foreign(line);
            return Ok(());
        };
        if let Some(mark) = Mark::at(address) {
            return self.mark(mark);
        }
        if let Some(core) = self.open {
            self.touch(core, Touch { address, size, access, gap: 0 });
        }
        Ok(())
    }

    fn touch(&mut self, core: usize, touch: Touch) {
        let gap = std::mem::take(&mut self.gaps[core]);
        self.trace.cores[core].touches.push(Touch { gap, ..touch });
    }

    fn mark(&mut self, mark: Mark) -> Result<(), TraceError> {
        let misplaced = Err(TraceError::Misplaced(mark));
        let Some(recording) = self.trace.cores.get_mut(mark.core) else { return misplaced };
        match (mark.kind, self.open) {
            (Kind::Begin, None) => {
                recording.operations += 1;
                self.open = Some(mark.core);
            }
            (Kind::End, Some(core)) if core == mark.core => {
                // The instruction that stores the mark is none of the operation's.
                recording.instructions -= 1;
                self.gaps[core] = self.gaps[core].saturating_sub(1);
                self.open = None;
            }
            (Kind::Wrote, None) => recording.writes += 1,
            _ => return misplaced,
        }
        Ok(())
    }

    fn foreign(&mut self, line: &[u8]) {
        if self.foreign.len() < SHOWN {
            self.foreign.push(String::from_utf8_lossy(line).into_owned());
        }
    }

    fn finish(self) -> Result<Trace, TraceError> {
        // First what the program said: it explains whatever else is wrong.
        if !self.foreign.is_empty() {
            return Err(TraceError::Foreign(self.foreign));
        }
        match self.open {
            Some(core) => Err(TraceError::Unfinished(core)),
            None => Ok(self.trace),
        }
    }
}

/// `1fff000770,8`
fn place(text: &[u8]) -> Option<(u64, u16)> {
    let comma = text.iter().position(|&byte| byte == b',')?;
    let (digits, size) = (&text[..comma], &text[comma + 1..]);
    if digits.is_empty() || digits.len() > 16 {
        return None;
    }
    let mut address = 0;
    for &byte in digits {
        address = address << 4 | u64::from(char::from(byte).to_digit(16)?);
    }
    Some((address, std::str::from_utf8(size).ok()?.parse().ok()?))
}
