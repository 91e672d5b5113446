//! The promise of the asymmetric fences: of two threads that write, fence and look, one light and one heavy, at least one
//! sees the other. In whichever mode the process is, and if the system refuses the asymmetric one.
#![cfg(not(polder_loom))]

use std::{
    hint,
    sync::{
        Mutex, PoisonError,
        atomic::{
            AtomicU32,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
    thread,
};

use polder_sync::fence::{self, Mode};

const ROUNDS: u32 = if cfg!(miri) { 100 } else { 30_000 };

/// A place that one thread writes; with a cache line to itself, or its neighbours would slow the stores down evenly.
#[derive(Default)]
#[repr(align(128))]
struct Place(AtomicU32);

/// One side of the experiment: in each round write one's own place, fence, look at the other's.
struct Side<'a> {
    own: &'a Place,
    other: &'a Place,
    arrived: &'a Place,
    awaited: &'a Place,
}

impl Side<'_> {
    /// For each round, whether this side missed what the other wrote in it.
    fn misses(&self, rounds: u32, fence: impl Fn()) -> Vec<bool> {
        let mut misses = Vec::with_capacity(rounds as usize);
        for round in 1..=rounds {
            self.meet(round);
            self.own.0.store(round, Relaxed);
            fence();
            misses.push(self.other.0.load(Relaxed) < round);
        }
        misses
    }

    /// Waits for the other side, so that both begin the round at nearly the same moment. No full fence in here: it would
    /// do the work of those under test.
    fn meet(&self, round: u32) {
        self.arrived.0.store(round, Release);
        let mut looks = 0;
        while self.awaited.0.load(Acquire) < round {
            looks += 1;
            // The other one may need this processor.
            if looks % 500 == 0 || cfg!(miri) { thread::yield_now() } else { hint::spin_loop() }
        }
    }
}

/// In how many rounds neither side saw the other. One experiment at a time, lest they take each other's processors.
fn both_missed(rounds: u32, often: impl Fn() + Send, seldom: impl Fn()) -> usize {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let places: [Place; 4] = Default::default();
    let [a, b, at_a, at_b] = &places;
    thread::scope(|scope| {
        let often = scope.spawn(|| Side { own: a, other: b, arrived: at_a, awaited: at_b }.misses(rounds, often));
        let seldom = Side { own: b, other: a, arrived: at_b, awaited: at_a }.misses(rounds, seldom);
        often.join().unwrap().into_iter().zip(seldom).filter(|missed| *missed == (true, true)).count()
    })
}

#[test]
fn at_least_one_side_sees_the_other() {
    assert_eq!(both_missed(ROUNDS, fence::light, fence::heavy), 0);
}

#[test]
fn two_heavy_sides_see_each_other() {
    assert_eq!(both_missed(ROUNDS / 4, fence::heavy, fence::heavy), 0);
}

/// The experiment can fail: with a full fence on the rare side alone, which is what `heavy` would be without the system's
/// help, both sides miss each other sooner or later. Otherwise the test above would say nothing on this machine.
#[test]
fn a_full_fence_on_one_side_is_not_enough() {
    use std::sync::atomic::{Ordering::SeqCst, compiler_fence, fence};

    if !cfg!(miri) && thread::available_parallelism().map_or(1, usize::from) < 2 {
        println!("left out: one processor sees its own stores");
        return;
    }
    let caught = (0..200).any(|_| both_missed(ROUNDS, || compiler_fence(SeqCst), || fence(SeqCst)) > 0);
    assert!(caught, "no store was ever late: the stress is too weak for this machine");
}

#[test]
fn the_mode_is_final_and_the_heavy_fences_are_counted() {
    let (mode, count) = (fence::mode(), fence::heavy_count());
    for _ in 0..3 {
        fence::heavy();
    }
    assert_eq!(fence::mode(), mode);
    assert!(fence::heavy_count() >= count + 3);
    assert!(thread::spawn(fence::heavy_count).join().unwrap() >= count + 3, "one count for all threads");
}

/// What the system offers is what is used.
#[test]
fn the_mode_is_that_of_the_system() {
    let offered = if cfg!(any(miri, polder_symmetric)) { false } else { system::offers_barriers() };
    assert_eq!(fence::mode(), if offered { Mode::Asymmetric } else { Mode::Symmetric });
}

#[cfg(not(target_os = "linux"))]
mod system {
    pub(crate) fn offers_barriers() -> bool {
        cfg!(all(windows, any(target_arch = "x86", target_arch = "x86_64")))
    }
}

#[cfg(target_os = "linux")]
mod system {
    pub(crate) fn offers_barriers() -> bool {
        // SAFETY: the query takes integers alone and has no effect.
        let known = unsafe { libc::syscall(libc::SYS_membarrier, libc::MEMBARRIER_CMD_QUERY, 0, 0) };
        known > 0 && known & libc::c_long::from(libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0
    }
}

/// A forked child has the decision of its parent, and barriers of its own.
#[cfg(unix)]
#[test]
#[cfg_attr(miri, ignore = "starts a process")]
fn a_forked_child_can_fence() {
    let mode = fence::mode();
    // SAFETY: until it exits, the child does what is allowed after a fork of a process with many threads: it loads words
    // that nobody locks, and makes system calls.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "the system can fork");
    if child == 0 {
        fence::light();
        fence::heavy();
        // SAFETY: ends the child without running anything that belongs to the parent.
        unsafe { libc::_exit(if fence::mode() == mode { 42 } else { 1 }) };
    }
    let mut status = 0;
    // SAFETY: `status` is a live integer; the child is ours.
    let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(waited, child);
    assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 42, "the child ended with {status:#x}");
}

/// Child processes in which nothing has decided the mode yet, or a filter refuses the system call.
#[cfg(all(target_os = "linux", not(polder_symmetric)))]
mod refusal {
    use std::{
        env,
        os::unix::process::ExitStatusExt,
        process::{Command, Output},
    };

    use polder_sync::fence::{self, Mode};

    use super::{ROUNDS, both_missed, system};

    const CHILD: &str = "POLDER_TEST_FENCES";
    /// The exit code of a child that got to its end; the test harness would use 0 if it ran no test at all.
    const REACHED_THE_END: i32 = 42;

    /// Refuses `membarrier` with `error` from now on, for this thread and those it starts.
    fn refuse_membarrier(error: i32) {
        let code = |bits: u32| u16::try_from(bits).expect("operation codes have 16 bits");
        let number = u32::try_from(libc::SYS_membarrier).expect("numbers of system calls are positive");
        let answer = |value| libc::sock_filter { code: code(libc::BPF_RET | libc::BPF_K), jt: 0, jf: 0, k: value };
        let mut program = [
            // The number of the call is the first field of `seccomp_data`. One architecture per process: no need to ask which.
            libc::sock_filter { code: code(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS), jt: 0, jf: 0, k: 0 },
            libc::sock_filter { code: code(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K), jt: 0, jf: 1, k: number },
            answer(libc::SECCOMP_RET_ERRNO | u32::try_from(error).expect("error numbers are positive")),
            answer(libc::SECCOMP_RET_ALLOW),
        ];
        let filter = libc::sock_fprog { len: 4, filter: program.as_mut_ptr() };
        // SAFETY: this option takes integers alone.
        let result = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
        assert_eq!(result, 0, "needed by a filter without privileges");
        // SAFETY: `filter` points to the four instructions of `program`; both outlive the call, which copies them.
        let result = unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const filter) };
        assert_eq!(result, 0, "the kernel takes the filter");
    }

    /// Runs `body` in a new process, by starting this test program for the test `name` alone.
    fn in_child(name: &str, body: impl FnOnce()) -> Output {
        if env::var_os(CHILD).is_some() {
            body();
            std::process::exit(REACHED_THE_END);
        }
        Command::new(env::current_exe().expect("this program has a path"))
            .args(["--exact", &format!("refusal::{name}"), "--nocapture", "--test-threads=1"])
            .env(CHILD, name)
            .output()
            .expect("the program starts again")
    }

    #[track_caller]
    fn assert_reached_the_end(child: &Output) {
        let stderr = String::from_utf8_lossy(&child.stderr);
        assert_eq!(child.status.code(), Some(REACHED_THE_END), "{}: {stderr}", child.status);
    }

    /// Light fences that begin before the decision pair with the heavy one that takes it.
    #[test]
    #[cfg_attr(miri, ignore = "starts a process")]
    fn light_fences_before_the_decision_are_right() {
        let child = in_child("light_fences_before_the_decision_are_right", || {
            fence::light();
            assert_eq!(both_missed(ROUNDS, fence::light, fence::heavy), 0);
        });
        assert_reached_the_end(&child);
    }

    #[test]
    #[cfg_attr(miri, ignore = "starts a process")]
    fn a_system_without_the_call_gets_symmetric_fences() {
        let child = in_child("a_system_without_the_call_gets_symmetric_fences", || refused(libc::ENOSYS));
        assert_reached_the_end(&child);
    }

    #[test]
    #[cfg_attr(miri, ignore = "starts a process")]
    fn a_container_that_forbids_the_call_gets_symmetric_fences() {
        let child = in_child("a_container_that_forbids_the_call_gets_symmetric_fences", || refused(libc::EPERM));
        assert_reached_the_end(&child);
    }

    /// The body of the two tests above.
    fn refused(error: i32) {
        refuse_membarrier(error);
        assert!(!system::offers_barriers(), "the filter works");
        assert_eq!(both_missed(ROUNDS, fence::light, fence::heavy), 0);
        assert_eq!(fence::mode(), Mode::Symmetric);
    }

    /// The first answer holds for the whole process, also for threads that no filter stops.
    #[test]
    #[cfg_attr(miri, ignore = "starts a process")]
    fn one_refused_thread_decides_for_all() {
        let child = in_child("one_refused_thread_decides_for_all", || {
            std::thread::spawn(|| {
                refuse_membarrier(libc::EPERM);
                fence::heavy();
            })
            .join()
            .expect("a refusal before the decision is no failure");
            assert_eq!(fence::mode(), Mode::Symmetric);
            assert_eq!(both_missed(ROUNDS, fence::light, fence::heavy), 0);
        });
        assert_reached_the_end(&child);
    }

    #[test]
    #[cfg_attr(miri, ignore = "starts a process")]
    fn a_barrier_refused_too_late_aborts() {
        if !system::offers_barriers() {
            println!("left out: this system has no barrier to lose");
            return;
        }
        let child = in_child("a_barrier_refused_too_late_aborts", || {
            // SAFETY: this option takes integers alone. It saves the test from leaving a core file.
            let result = unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) };
            assert_eq!(result, 0);
            assert_eq!(fence::mode(), Mode::Asymmetric);
            fence::heavy();
            refuse_membarrier(libc::EPERM);
            fence::heavy();
        });
        let stderr = String::from_utf8_lossy(&child.stderr);
        assert_eq!(child.status.signal(), Some(libc::SIGABRT), "{}: {stderr}", child.status);
        assert!(stderr.contains("refuses membarrier"), "{stderr}");
    }
}
