//! Zero cost, literally: linking two nodes is two stores, and a step of a list walk is one conditional branch.
//!
//! Compiles `tests/codegen/hot_paths.rs` for release and looks at the kinds of instructions, not at their operands.
#![cfg(not(miri))]
#![cfg(feature = "std")]

mod scratch;

use std::{fs, path::Path};

use scratch::Scratch;

/// The assembly of `tests/codegen/hot_paths.rs`.
fn assembly() -> String {
    let rest = "[lib]\npath = \"hot_paths.rs\"\n\n[profile.release]\ncodegen-units = 1\n";
    let scratch = Scratch::new("codegen", ", default-features = false", rest);
    // Written anew each time, so that cargo compiles it even if it has before.
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/codegen/hot_paths.rs");
    fs::write(scratch.dir.join("hot_paths.rs"), fs::read(source).unwrap()).unwrap();
    let listing = scratch.dir.join("hot_paths.s");
    let emit = format!("--emit=asm={}", listing.display());
    let output = scratch.cargo(&["rustc", "--quiet", "--release", "--lib", "--crate-type=lib", "--", &emit]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::read_to_string(listing).unwrap()
}

/// A line of assembly that is not a directive or a comment.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Line<'a> {
    Label(&'a str),
    /// Mnemonic and operands.
    Instruction(&'a str, &'a str),
}

impl Line<'_> {
    /// `mov` to memory: in AT&T order, the last operand has parentheses; in Intel order, the first has brackets.
    fn is_store(self) -> bool {
        let Line::Instruction(mnemonic, operands) = self else { return false };
        let is_memory_last = operands.ends_with(')');
        let is_memory_first = operands.split(',').next().is_some_and(|first| first.ends_with(']'));
        mnemonic.starts_with("mov") && (is_memory_last || is_memory_first)
    }

    fn is_return(self) -> bool {
        matches!(self, Line::Instruction(mnemonic, _) if mnemonic.starts_with("ret"))
    }

    fn is_call(self) -> bool {
        matches!(self, Line::Instruction(mnemonic, _) if mnemonic.starts_with("call"))
    }

    fn is_jump(self) -> bool {
        matches!(self, Line::Instruction(mnemonic, _) if mnemonic.starts_with('j'))
    }

    fn is_conditional_jump(self) -> bool {
        self.is_jump() && !matches!(self, Line::Instruction(mnemonic, _) if mnemonic.starts_with("jmp"))
    }

    /// Position of the label that a jump goes to.
    fn target(self, lines: &[Line<'_>]) -> Option<usize> {
        let Line::Instruction(_, operand) = self else { return None };
        lines.iter().position(|line| *line == Line::Label(operand)).filter(|_| self.is_jump())
    }
}

/// The lines between the label `name` and the end of that function.
fn function<'a>(assembly: &'a str, name: &str) -> Vec<Line<'a>> {
    let body = assembly.lines().map(|line| line.split(['#', ';']).next().unwrap_or_default().trim());
    // Mach-O puts an underscore before the names of functions.
    let body = body.skip_while(|line| line.strip_suffix(':').is_none_or(|label| label.trim_start_matches('_') != name));
    let body = body.skip(1).take_while(|line| !line.starts_with(".cfi_endproc") && !line.starts_with(".seh_endproc"));
    let lines = body.filter_map(|line| match line.strip_suffix(':') {
        Some(label) => Some(Line::Label(label)),
        None if line.is_empty() || line.starts_with('.') => None,
        None => {
            let (mnemonic, operands) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            Some(Line::Instruction(mnemonic, operands.trim()))
        }
    });
    // Alignment is no work, and `endbr64` marks where jumps may land.
    lines.filter(|line| !matches!(line, Line::Instruction(m, _) if m.starts_with("nop") || *m == "endbr64")).collect()
}

/// The lines of `name` as the compiler printed them, for failures.
fn print(lines: &[Line<'_>]) -> String {
    let print = |line: &Line<'_>| match line {
        Line::Label(label) => format!("{label}:\n"),
        Line::Instruction(mnemonic, operands) => format!("\t{mnemonic}\t{operands}\n"),
    };
    lines.iter().map(print).collect()
}

#[test]
#[cfg_attr(not(target_arch = "x86_64"), ignore = "reads x86-64 assembly")]
fn hot_paths_cost_what_raw_pointers_cost() {
    let assembly = assembly();

    let link = function(&assembly, "link");
    let work: Vec<_> = link.iter().filter(|line| matches!(line, Line::Instruction(..))).collect();
    assert!(
        matches!(work[..], [first, second, last] if first.is_store() && second.is_store() && last.is_return()),
        "`link` is two stores and a return, but here:\n{}",
        print(&link)
    );

    let walk = function(&assembly, "walk");
    assert!(!walk.is_empty(), "there is no `walk`:\n{assembly}");
    assert!(!walk.iter().any(|line| line.is_call()), "`walk` calls nothing, but here:\n{}", print(&walk));
    // A loop is what lies between a label and a jump back to it.
    let backwards = walk.iter().enumerate().filter_map(|(at, line)| line.target(&walk).map(|to| (to, at)));
    let loops: Vec<_> = backwards.filter(|(to, at)| to < at).collect();
    let [(start, end)] = loops[..] else { panic!("`walk` is one loop, but here:\n{}", print(&walk)) };
    let jumps: Vec<_> = walk[start..=end].iter().filter(|line| line.is_jump()).collect();
    assert!(
        matches!(jumps[..], [jump] if jump.is_conditional_jump()),
        "an iteration of `walk` has one conditional branch and no other, but here:\n{}",
        print(&walk)
    );
}
