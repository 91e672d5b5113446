//! The coherence model on traces written by hand: what is read, what moves, what is refused.

use std::collections::HashSet;

use polder_bench::coherence::budget::{Allowance, BUDGET, Bound, Bounds, Fault, judge, unbudgeted};
use polder_bench::coherence::directory::{Cost, Directory};
use polder_bench::coherence::figures::{Row, row};
use polder_bench::coherence::lackey::{TraceError, read};
use polder_bench::coherence::mark::{Kind, MOST_CORES, Mark};
use polder_bench::coherence::replay::{Model, replay};
use polder_bench::coherence::trace::Access::{self, Load, Modify, Store};
use polder_bench::coherence::trace::{Lines, Step, Touch, Trace};
use polder_bench::coherence::workload::{Side, workloads};
use polder_bench::rng::SplitMix;

/// The lines that a mark leaves in a trace.
fn say(kind: Kind, core: usize) -> String {
    format!("I  00108000,3\n S {:x},1\n", Mark { kind, core }.address())
}

/// The lines of an operation.
fn operation(core: usize, inside: &str) -> String {
    say(Kind::Begin, core) + inside + &say(Kind::End, core)
}

fn parse(text: &str, cores: usize) -> Trace {
    read(text.as_bytes(), cores).expect("a trace")
}

/// The steps of each core as `(line, access)`.
fn steps(lines: &Lines) -> Vec<Vec<(u32, Access)>> {
    lines.cores.iter().map(|steps| steps.iter().map(|step| (step.line, step.access)).collect()).collect()
}

mod marks {
    use super::*;

    #[test]
    fn every_mark_is_found_again_and_no_two_share_an_address() {
        let mut seen = HashSet::new();
        for kind in [Kind::Begin, Kind::End, Kind::Wrote] {
            for core in 0..MOST_CORES {
                let mark = Mark { kind, core };
                assert_eq!(Mark::at(mark.address()), Some(mark));
                assert!(seen.insert(mark.address() / 64), "a line of its own");
            }
        }
        let (first, last) = (seen.iter().min().unwrap() * 64, (seen.iter().max().unwrap() + 1) * 64);
        assert_eq!((Mark::at(first - 1), Mark::at(last), Mark::at(0)), (None, None, None));
    }
}

mod reading {
    use super::*;

    #[test]
    fn only_what_lies_between_the_marks_counts() {
        let noise = "==7== Lackey\n\nI  00108000,3\n L 1ff0,8\n--7-- a warning\n";
        let inside = "I  00108003,4\n L 2000,8\nI  00108007,4\nI  0010800b,4\n S 3000,4\n";
        let trace = parse(&(noise.to_owned() + &operation(1, inside) + noise + &operation(0, "")), 2);
        let touches = [
            Touch { address: 0x2000, size: 8, access: Load, gap: 1 },
            Touch { address: 0x3000, size: 4, access: Store, gap: 2 },
        ];
        assert_eq!(trace.cores[1].touches, touches);
        assert_eq!((trace.cores[1].operations, trace.cores[1].instructions), (1, 3));
        assert_eq!((trace.cores[0].operations, trace.cores[0].instructions), (1, 0), "the marks are not counted");
        assert!(trace.cores[0].touches.is_empty());
    }

    #[test]
    fn instructions_behind_the_last_access_pass_before_the_next_operation() {
        let text = operation(0, "I  1,1\n L 40,8\nI  2,1\nI  3,1\n") + &operation(0, "I  4,1\n L 40,8\n");
        let gaps: Vec<u32> = parse(&text, 1).cores[0].touches.iter().map(|touch| touch.gap).collect();
        assert_eq!(gaps, [1, 3]);
    }

    #[test]
    fn writes_are_counted_where_they_are_declared() {
        let text = operation(0, "") + &say(Kind::Wrote, 0) + &operation(0, "") + &operation(1, "");
        let trace = parse(&text, 2);
        assert_eq!((trace.cores[0].operations, trace.cores[0].writes, trace.cores[1].writes), (2, 1, 0));
    }

    #[test]
    fn threads_that_do_not_take_turns_are_refused() {
        let (begin, end) = (|core| say(Kind::Begin, core), |core| say(Kind::End, core));
        for text in [
            begin(0) + &begin(1),
            begin(0) + &begin(0),
            begin(0) + &end(1),
            end(0),
            begin(0) + &say(Kind::Wrote, 0),
            begin(2),
        ] {
            assert!(matches!(read(text.as_bytes(), 2), Err(TraceError::Misplaced(_))), "{text}");
        }
        assert!(matches!(read(begin(1).as_bytes(), 2), Err(TraceError::Unfinished(1))));
    }

    #[test]
    fn what_is_no_trace_is_refused_and_shown() {
        for line in ["thread panicked", " L 40", " L ,8", " L xyz,8", " L 40,x", " L 11112222333344445,8", " X 40,8"] {
            let text = operation(0, "") + line + "\n" + &operation(0, "");
            match read(text.as_bytes(), 1) {
                Err(TraceError::Foreign(lines)) => assert_eq!(lines, [line]),
                other => panic!("{line}: {other:?}"),
            }
        }
    }
}

mod lines {
    use super::*;

    /// Core 1 accesses the bytes 0 to 4096, so that every line of core 0 is a shared one.
    fn shared(inside: &str, line: u64) -> Vec<(u32, Access)> {
        let everything: String = (0..64).map(|line| format!("I  1,1\n L {:x},8\n", line * 64)).collect();
        let trace = parse(&(operation(1, &everything) + &operation(0, inside)), 2);
        steps(&trace.by_lines(line))[0].clone()
    }

    #[test]
    fn a_locked_instruction_is_one_modification() {
        assert_eq!(shared("I  1,5\n L 40,8\n M 40,8\n", 64), [(0, Modify)]);
        assert_eq!(shared("I  1,5\n L 40,8\n S 40,8\n", 64), [(0, Modify)]);
        assert_eq!(shared("I  1,5\n M 40,8\n", 64), [(0, Modify)]);
    }

    #[test]
    fn two_instructions_are_two_accesses() {
        assert_eq!(shared("I  1,5\n L 40,8\nI  2,5\n S 40,8\n", 64), [(0, Load), (0, Store)]);
    }

    #[test]
    fn accesses_of_one_instruction_to_one_line_are_one() {
        assert_eq!(shared("I  1,5\n L 40,8\n L 48,8\n L 80,8\n", 64), [(0, Load), (1, Load)]);
        assert_eq!(shared("I  1,5\n S 40,8\n S 78,8\n", 64), [(0, Store)]);
    }

    #[test]
    fn an_access_across_a_boundary_is_two() {
        assert_eq!(shared("I  1,5\n S 7c,8\n", 64), [(0, Store), (1, Store)]);
        assert_eq!(shared("I  1,5\n S 78,8\n", 64), [(0, Store)]);
        assert_eq!(shared("I  1,5\n L 78,16\n M 78,16\n", 64), [(0, Modify), (1, Modify)]);
        assert_eq!(shared("I  1,5\n S bc,8\n", 128), [(0, Store)]);
        assert_eq!(shared("I  1,5\n L 60,200\n", 64).len(), 4, "bytes 0x60 to 0x128");
    }

    #[test]
    fn lines_of_one_core_only_let_time_pass() {
        let text = operation(0, "I  1,1\n S 40,8\nI  2,1\nI  3,1\n S 1000,8\nI  4,1\n L 48,8\n")
            + &operation(1, "I  1,1\n L 2000,8\nI  1,1\n L 78,8\n");
        let trace = parse(&text, 2);
        let lines = trace.by_lines(64);
        assert_eq!((lines.shared, lines.accesses), (1, 5));
        assert_eq!(lines.cores[0], [Step { line: 0, access: Store, gap: 1 }, Step { line: 0, access: Load, gap: 3 }]);
        assert_eq!(lines.cores[1], [Step { line: 0, access: Load, gap: 2 }]);
        assert_eq!(trace.by_lines(32).shared, 0, "no two of them meet in lines of 32 bytes");
    }
}

mod mesi {
    use super::*;

    const CLAIMED: fn(u32) -> Cost = |invalidated| Cost::Claimed { invalidated };

    /// Lets cores access one line, in this order.
    fn costs(accesses: &[(usize, Access)]) -> Vec<Cost> {
        let mut directory = Directory::new(1);
        accesses.iter().map(|&(core, access)| directory.access(core, 0, access)).collect()
    }

    fn last(accesses: &[(usize, Access)]) -> Cost {
        *costs(accesses).last().expect("an access")
    }

    #[test]
    fn a_first_touch_is_free_and_gives_the_line() {
        for access in [Load, Store, Modify] {
            assert_eq!(costs(&[(0, access), (0, Store), (0, Load)]), [Cost::Nothing; 3], "{access:?}");
        }
    }

    #[test]
    fn a_load_from_an_owner_moves_the_line_once_and_leaves_both_with_it() {
        for access in [Load, Store, Modify] {
            assert_eq!(
                costs(&[(0, access), (1, Load), (0, Load), (1, Load)])[1..],
                [Cost::Fetched, Cost::Nothing, Cost::Nothing]
            );
        }
    }

    #[test]
    fn a_load_among_sharers_is_a_copy() {
        assert_eq!(last(&[(0, Store), (1, Load), (2, Load)]), Cost::Copied);
        assert!(!Cost::Copied.occupies_line() && Cost::Copied.is_transfer());
    }

    #[test]
    fn a_write_takes_the_line_from_its_owner() {
        assert_eq!(last(&[(0, Store), (1, Store)]), CLAIMED(1));
        assert_eq!(last(&[(0, Load), (1, Modify)]), CLAIMED(1));
        assert_eq!(last(&[(0, Store), (1, Store), (0, Load)]), Cost::Fetched);
    }

    #[test]
    fn an_upgrade_is_a_transfer_that_costs_every_other_sharer_its_copy() {
        let shared = [(0, Store), (1, Load), (2, Load), (2, Store)];
        assert_eq!(last(&shared), CLAIMED(2));
        let after = |next| last(&[&shared[..], &[next]].concat());
        assert_eq!(
            (after((2, Store)), after((0, Load)), after((1, Modify))),
            (Cost::Nothing, Cost::Fetched, CLAIMED(1))
        );
    }

    #[test]
    fn a_write_by_a_stranger_costs_every_sharer_its_copy() {
        assert_eq!(last(&[(0, Store), (1, Load), (2, Load), (255, Modify)]), CLAIMED(3));
    }

    #[test]
    fn lines_are_told_apart() {
        let mut directory = Directory::new(2);
        assert_eq!(directory.access(0, 0, Store), Cost::Nothing);
        assert_eq!(directory.access(1, 1, Store), Cost::Nothing);
        assert_eq!(directory.access(1, 0, Load), Cost::Fetched);
    }

    /// Against a model that says only which cores have a copy and whether the last of them may write.
    #[test]
    fn a_thousand_random_histories_agree_with_sets_of_cores() {
        let mut random = SplitMix::new(7);
        for _ in 0..1000 {
            let mut directory = Directory::new(1);
            let (mut holders, mut exclusive) = (HashSet::new(), false);
            for _ in 0..60 {
                let (core, access) = (random.below(5) * 63, [Load, Store, Modify][random.below(3)]);
                let others = holders.iter().filter(|&&holder| holder != core).count() as u32;
                let expected = match access {
                    Load if holders.contains(&core) || others == 0 => Cost::Nothing,
                    Load if exclusive => Cost::Fetched,
                    Load => Cost::Copied,
                    _ if others == 0 => Cost::Nothing,
                    _ => CLAIMED(others),
                };
                if access == Load {
                    exclusive = others == 0 && (exclusive || holders.is_empty());
                } else {
                    holders.clear();
                    exclusive = true;
                }
                holders.insert(core);
                assert_eq!(directory.access(core, 0, access), expected);
            }
        }
    }
}

mod replaying {
    use super::*;

    /// Each core does the same steps `(line, access)`, five instructions apart, `times` over.
    fn alike(cores: usize, times: usize, steps: &[(u32, Access)]) -> Lines {
        let step = |&(line, access)| Step { line, access, gap: 5 };
        let steps: Vec<Step> = steps.iter().map(step).collect();
        let shared = steps.iter().map(|step| step.line as usize + 1).max().unwrap_or(0);
        Lines { cores: vec![steps.repeat(times); cores], shared, accesses: 0 }
    }

    /// Transfers per time that a core did its steps.
    fn transfers(cores: usize, steps: &[(u32, Access)]) -> f64 {
        let (times, model) = (100, Model::USUAL);
        let traffic = replay(&alike(cores, times, steps), &model, 1);
        assert_eq!(traffic.by_line.iter().sum::<u64>(), traffic.transfers);
        traffic.transfers as f64 / (cores * times) as f64 / model.passes as f64
    }

    #[test]
    fn one_counter_moves_once_per_operation() {
        for cores in [2, 8, 64] {
            let found = transfers(cores, &[(0, Modify)]);
            assert!((found - 1.0).abs() < 0.02, "{found} at {cores}");
        }
    }

    #[test]
    fn what_is_only_read_does_not_move_once_all_have_it() {
        assert_eq!(transfers(8, &[(0, Load), (1, Load)]), 0.0);
    }

    #[test]
    fn a_load_before_each_write_moves_the_line_twice() {
        let found = transfers(8, &[(0, Load), (0, Store)]);
        assert!((1.9..=2.0).contains(&found), "{found}");
    }

    #[test]
    fn one_writer_costs_every_reader_a_copy() {
        let mut lines = alike(4, 50, &[(0, Load)]);
        lines.cores[0] = alike(1, 50, &[(0, Store)]).cores.remove(0);
        let traffic = replay(&lines, &Model::USUAL, 1);
        assert!(traffic.transfers > 300 && traffic.invalidations > 100, "{traffic:?}");
        assert_eq!(traffic.contended, 0, "a store is no read-modify-write");
    }

    #[test]
    fn cores_do_not_stay_in_lockstep() {
        // Each writes now and then, seldom enough not to meet. In lockstep they alternate, and every write moves the line.
        let lines =
            Lines { cores: vec![vec![Step { line: 0, access: Store, gap: 5000 }; 500]; 2], shared: 1, accesses: 0 };
        let traffic = replay(&lines, &Model::USUAL, 1);
        let share = traffic.transfers as f64 / (2 * 500 * Model::USUAL.passes) as f64;
        assert!((0.6..0.95).contains(&share), "{share}");
    }

    #[test]
    fn only_modifications_that_had_to_wait_are_contended() {
        let traffic = replay(&alike(2, 50, &[(0, Modify)]), &Model::USUAL, 1);
        assert_eq!((traffic.contended, traffic.invalidations), (traffic.transfers, traffic.transfers));
        let alone = Lines { cores: alike(1, 50, &[(0, Modify)]).cores, shared: 1, accesses: 0 };
        assert_eq!(replay(&alone, &Model::USUAL, 1).transfers, 0);
    }

    #[test]
    fn a_seed_is_a_result_and_another_seed_is_another() {
        let lines = alike(5, 40, &[(0, Load), (1, Modify), (0, Store)]);
        assert_eq!(replay(&lines, &Model::USUAL, 4), replay(&lines, &Model::USUAL, 4));
        let different = (5..15).any(|seed| replay(&lines, &Model::USUAL, seed) != replay(&lines, &Model::USUAL, 4));
        assert!(different, "the seed changes nothing");
    }

    #[test]
    fn cores_that_share_nothing_end_the_replay() {
        let mut lines = alike(3, 10, &[(0, Modify)]);
        lines.cores[1].clear();
        assert!(replay(&lines, &Model::USUAL, 1).transfers > 0);
        assert_eq!(replay(&Lines { cores: vec![Vec::new(); 3], ..Lines::default() }, &Model::USUAL, 1).transfers, 0);
    }

    #[test]
    fn figures_are_per_operation() {
        let inside = "I  1,5\nI  2,5\n L 40,8\n M 40,8\nI  3,5\n L 4000,8\n";
        let text = (operation(0, inside) + &say(Kind::Wrote, 0) + &operation(1, inside)).repeat(200);
        let row = row("it", &parse(&text, 2), 64, &Model::USUAL, &[1, 2]);
        assert_eq!((row.cores, row.operations, row.writes, row.hot_lines), (2, 200, 200, 1));
        assert_eq!((row.instructions, row.accesses), (3.0, 2.0));
        assert!((0.98..=1.0).contains(&row.least_transfers) && row.least_transfers <= row.transfers, "{row:?}");
        assert_eq!((row.transfers, row.contended), (row.hottest, row.invalidations));
    }
}

mod budgeting {
    use super::*;

    const NOTHING: Bounds = Bounds::Any(Bound { least: 0.0, most: 0.0 });
    const SOME: Bounds = Bounds::At(&[(2, Bound { least: 0.5, most: 1.0 }), (8, Bound { least: 0.5, most: 3.0 })]);

    fn allowance(workload: &'static str, transfers: Bounds) -> Allowance {
        Allowance { workload, transfers, operations: 200, writes: true }
    }

    fn found(workload: &'static str, cores: usize, least_transfers: f64, transfers: f64) -> Row {
        let (line, operations, writes) = (64, 200, 1);
        let (instructions, accesses, invalidations, contended, hottest, hot_lines) = (9.0, 3.0, 0.0, 0.0, 0.0, 0);
        #[rustfmt::skip]
        let row = Row {
            workload, cores, line, operations, writes, instructions, accesses, transfers, least_transfers,
            invalidations, contended, hottest, hot_lines,
        };
        row
    }

    fn faults(rows: &[Row]) -> Vec<Fault> {
        judge(&[allowance("a", SOME), allowance("b", NOTHING)], &["a", "b"], &[2, 8], &[64], rows)
    }

    fn good() -> Vec<Row> {
        vec![found("a", 2, 0.5, 1.0), found("a", 8, 2.0, 2.5), found("b", 2, 0.0, 0.0), found("b", 8, 0.0, 0.0)]
    }

    #[test]
    fn what_is_within_the_budget_passes() {
        assert_eq!(faults(&good()), []);
    }

    #[test]
    fn each_kind_of_fault_is_found() {
        let broken = |index: usize, change: fn(&mut Row)| {
            let mut rows = good();
            change(&mut rows[index]);
            let row = rows[index].clone();
            (faults(&rows), row)
        };
        let bound = |least, most| Bound { least, most };
        let (found, row) = broken(0, |row| row.transfers = 1.01);
        assert_eq!(found, [Fault::Outside(row, bound(0.5, 1.0))]);
        let (found, row) = broken(1, |row| row.least_transfers = 0.4);
        assert_eq!(found, [Fault::Outside(row, bound(0.5, 3.0))]);
        let (found, row) = broken(2, |row| row.transfers = 1e-9);
        assert_eq!(found, [Fault::Outside(row, bound(0.0, 0.0))]);
        let (found, _) = broken(3, |row| row.transfers = f64::NAN);
        assert_eq!(found.len(), 1, "a figure that is no number");
        let (found, row) = broken(1, |row| row.operations = 199);
        assert_eq!(found, [Fault::Short(row, 200)]);
        let (found, row) = broken(2, |row| row.writes = 0);
        assert_eq!(found, [Fault::NoWrite(row)]);
    }

    #[test]
    fn a_missing_row_is_a_fault_and_so_is_one_for_other_lines() {
        let mut rows = good();
        rows.remove(1);
        assert_eq!(faults(&rows), [Fault::Missing("a".to_owned(), 8)]);
        rows.push(Row { line: 128, ..found("a", 8, 2.0, 2.0) });
        assert_eq!(faults(&rows), [Fault::Missing("a".to_owned(), 8)]);
        assert_eq!(faults(&[]).len(), 4);
    }

    #[test]
    fn a_workload_without_an_allowance_is_a_fault() {
        let budget = [allowance("a", NOTHING), allowance("gone", NOTHING)];
        let fault = |name: &str| Fault::Unbudgeted(name.to_owned());
        assert_eq!(judge(&budget, &["new"], &[2], &[64], &[]), [fault("new")]);
        assert_eq!(unbudgeted(&budget, &["a", "new"]), [fault("gone"), fault("new")]);
    }

    #[test]
    fn bounds_for_some_numbers_of_cores_leave_the_others_alone() {
        assert_eq!(allowance("a", SOME).judge(&found("a", 4, 9.0, 9.0)), []);
        assert_eq!(allowance("b", NOTHING).judge(&found("b", 4, 9.0, 9.0)).len(), 1);
    }

    #[test]
    fn the_budget_covers_the_workloads_and_asks_for_no_more_than_they_do() {
        let all = workloads();
        let names: Vec<&str> = all.iter().map(|workload| workload.name).collect();
        assert_eq!(unbudgeted(BUDGET, &names), []);
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len(), "each once");
        for allowance in BUDGET {
            let workload = all.iter().find(|workload| workload.name == allowance.workload).expect("checked above");
            assert!(allowance.operations <= workload.operations, "{}", workload.name);
        }
    }

    #[test]
    fn the_controls_are_exact_and_the_reads_that_are_promised_free_are_allowed_nothing() {
        let bound = |name: &str, cores| {
            BUDGET.iter().find(|allowance| allowance.workload == name).and_then(|found| found.transfers.at(cores))
        };
        for cores in [2, 8, 32, 64] {
            let counter = bound("counter", cores).expect("a control");
            assert!(counter.least >= 0.98 && counter.most <= 1.02);
            assert!(bound("falseshare", cores).is_some_and(|bound| bound.least >= 0.9));
            let free = [
                "striped",
                "mutex-own",
                "region-mutex-own",
                "atomic-ref-load",
                "pin",
                "counter-add",
                "seq-cell-load",
                "frozen-read",
            ];
            for name in free {
                assert_eq!(bound(name, cores), Some(Bound { least: 0.0, most: 0.0 }), "{name}");
            }
        }
        assert_eq!(workloads().iter().filter(|workload| workload.side == Side::Control).count(), 3);
    }
}
