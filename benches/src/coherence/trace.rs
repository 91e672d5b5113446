//! What was recorded: the accesses of each core's operations; and the same by cache lines.

use std::collections::HashMap;

/// What an instruction does to memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reads.
    Load,
    /// Writes.
    Store,
    /// Reads and writes: every atomic read-modify-write, and plain instructions such as `add` to memory.
    Modify,
}

impl Access {
    /// What one instruction does to a line that it accesses twice. A locked instruction is recorded as a load and a
    /// modification; the load asks for nothing that the modification does not.
    pub fn and(self, other: Self) -> Self {
        if self == other { self } else { Self::Modify }
    }
}

/// One access as it was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch {
    /// The address of its first byte.
    pub address: u64,
    /// How many bytes.
    pub size: u16,
    /// What it does.
    pub access: Access,
    /// How many instructions after the access before, or after the beginning of the operation; 0 is the same instruction.
    pub gap: u32,
}

/// What one core did, operations behind one another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// Its accesses.
    pub touches: Vec<Touch>,
    /// How many operations they belong to.
    pub operations: u64,
    /// How many of these were writes.
    pub writes: u64,
    /// How many instructions they took.
    pub instructions: u64,
}

/// What all cores did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// Per core.
    pub cores: Vec<Recording>,
}

/// One access to one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The line: an index from 0.
    pub line: u32,
    /// What is done to it.
    pub access: Access,
    /// How many instructions after the step before.
    pub gap: u32,
}

/// A trace by lines: what is replayed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// The steps of each core that concern lines which several cores access. What a core does in lines of its own moves
    /// nothing between cores: it is time that passes.
    pub cores: Vec<Vec<Step>>,
    /// How many lines several cores access.
    pub shared: usize,
    /// How many accesses there are to lines, those to lines of one core included.
    pub accesses: u64,
}

/// Who accesses a line.
#[derive(Clone, Copy)]
enum Users {
    One(usize),
    Several { index: u32 },
}

impl Trace {
    /// The trace by lines of `size` bytes, a power of two. O(accesses).
    ///
    /// An access that crosses a boundary becomes two; accesses of one instruction to one line become one.
    pub fn by_lines(&self, size: u64) -> Lines {
        let mut users: HashMap<u64, Users> = HashMap::new();
        let mut lines = Lines::default();
        for (core, recording) in self.cores.iter().enumerate() {
            for touch in &recording.touches {
                for line in touch.lines(size) {
                    let user = users.entry(line).or_insert(Users::One(core));
                    if matches!(user, Users::One(other) if *other != core) {
                        *user = Users::Several { index: lines.shared as u32 };
                        lines.shared += 1;
                    }
                }
            }
        }
        for recording in &self.cores {
            let (steps, accesses) = recording.steps(size, &users);
            lines.cores.push(steps);
            lines.accesses += accesses;
        }
        lines
    }
}

impl Touch {
    fn lines(&self, size: u64) -> impl Iterator<Item = u64> + use<> {
        let last = self.address + u64::from(self.size.max(1)) - 1;
        self.address / size..=last / size
    }
}

impl Recording {
    fn steps(&self, size: u64, users: &HashMap<u64, Users>) -> (Vec<Step>, u64) {
        let (mut steps, mut accesses, mut gap) = (Vec::new(), 0, 0);
        // The lines of one instruction, in the order in which it accesses them.
        let mut lines: Vec<(u64, Access)> = Vec::new();
        let mut touches = self.touches.iter().peekable();
        while let Some(touch) = touches.next() {
            gap += touch.gap;
            for line in touch.lines(size) {
                match lines.iter_mut().find(|(known, _)| *known == line) {
                    Some((_, access)) => *access = access.and(touch.access),
                    None => lines.push((line, touch.access)),
                }
            }
            if touches.peek().is_some_and(|next| next.gap == 0) {
                continue;
            }
            for (line, access) in lines.drain(..) {
                accesses += 1;
                if let Users::Several { index } = users[&line] {
                    steps.push(Step { line: index, access, gap: std::mem::take(&mut gap) });
                }
            }
        }
        (steps, accesses)
    }
}
