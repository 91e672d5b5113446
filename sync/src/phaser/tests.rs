//! The steps of a phaser's state, one after the other, against a model that knows each party by itself.

use super::state::{Ending, MAX_PARTIES, Phase, Refusal, State};

/// A phaser that nobody shares: what the word has to say.
#[derive(Default)]
struct Model {
    phase: u32,
    advancing: bool,
    broken: bool,
    /// For each party how often it has arrived or was excused: the number of its next phase.
    parties: Vec<u32>,
}

impl Model {
    /// The phase that arrivals count for.
    fn collecting(&self) -> u32 {
        self.phase + u32::from(self.advancing)
    }

    fn arrived(&self) -> usize {
        self.parties.iter().filter(|&&next| next > self.collecting()).count()
    }

    /// What is left to do after an arrival or a departure.
    fn settle(&mut self, has_action: bool) -> Ending {
        if self.advancing || self.arrived() < self.parties.len() {
            return Ending::Open;
        }
        if has_action {
            self.advancing = true;
            return Ending::RunAction(phase(self.phase));
        }
        self.phase += 1;
        Ending::Ended
    }

    fn finish(&mut self) -> Ending {
        self.advancing = false;
        if self.broken {
            return Ending::Open;
        }
        self.phase += 1;
        if self.parties.is_empty() || self.arrived() < self.parties.len() {
            return Ending::Ended;
        }
        self.settle(true)
    }
}

fn phase(number: u32) -> Phase {
    (0..number).fold(Phase::default(), |phase, _| phase.next())
}

/// Numbers that look random, the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % bound
    }
}

#[test]
fn each_step_does_what_counting_one_by_one_does() {
    let (mut ended, mut again, mut broken) = (0, 0, 0);
    for seed in 0..if cfg!(miri) { 8 } else { 400 } {
        let (mut dice, has_action) = (Dice(seed), seed % 2 == 0);
        let (mut state, mut model) = (State::new(0), Model::default());
        for _ in 0..60 {
            let count = model.parties.len();
            let (was, expected) = match dice.below(if model.advancing { 40 } else { 37 }) {
                0..6 => {
                    let count = dice.below(3);
                    let registered = state.register(count);
                    assert_eq!(registered.err(), model.broken.then_some(Refusal::Broken));
                    if !model.broken {
                        model.parties.extend(vec![model.collecting(); count]);
                        assert_eq!(registered, Ok(phase(model.collecting())));
                    }
                    (Ending::Open, Ending::Open)
                }
                6..28 if count > 0 => {
                    let party = dice.below(count);
                    let next = model.parties[party];
                    let before = state;
                    let arrival = state.arrive(phase(next), has_action);
                    if model.broken || next > model.collecting() {
                        let refusal = if model.broken { Refusal::Broken } else { Refusal::AlreadyArrived };
                        assert_eq!((arrival, state), (Err(refusal), before), "a refusal changes nothing");
                        (Ending::Open, Ending::Open)
                    } else {
                        model.parties[party] += 1;
                        (arrival.unwrap(), model.settle(has_action))
                    }
                }
                28..36 if count > 0 => {
                    let next = model.parties.swap_remove(dice.below(count));
                    let (_, ending) = state.leave(phase(next), has_action);
                    let excused = next > model.collecting() || model.broken;
                    (ending, if excused { Ending::Open } else { model.settle(has_action) })
                }
                36 if dice.below(8) == 0 => {
                    state.break_off();
                    model.broken = true;
                    (Ending::Open, Ending::Open)
                }
                37..39 => (state.finish(), model.finish()),
                39 if dice.below(4) == 0 => {
                    state.fail();
                    (model.advancing, model.broken) = (false, true);
                    (Ending::Open, Ending::Open)
                }
                _ => continue,
            };
            assert_eq!(was, expected);
            assert_eq!(State::unpack(state.pack()), state, "packing loses nothing");
            assert_eq!((state.phase, state.parties as usize), (phase(model.phase), model.parties.len()));
            assert_eq!((state.advancing, state.broken), (model.advancing, model.broken));
            if !model.broken {
                assert_eq!(state.arrived as usize, model.arrived());
            }
            ended += u32::from(was == Ending::Ended);
            again += u32::from(was != Ending::Open && state.advancing && state.phase != Phase::default());
            broken += u32::from(state.broken);
        }
    }
    assert!(ended > 0 && again > 0 && broken > 0, "the dice reach all of it: {ended}, {again}, {broken}");
}

#[test]
fn a_full_word_packs_and_refuses() {
    let mut state = State::new(0);
    assert_eq!(state.register(MAX_PARTIES), Ok(Phase::default()));
    let full = state;
    assert_eq!(state.register(1), Err(Refusal::TooMany));
    assert_eq!(state.register(usize::MAX), Err(Refusal::TooMany), "no sum overflows");
    assert_eq!(state, full);
    // One by one; the last few under Miri, to which a party is as dear as a thousand natively.
    let done = if cfg!(miri) { MAX_PARTIES - 20 } else { 0 };
    state.arrived = done.try_into().expect("fewer than all");
    for _ in done + 1..MAX_PARTIES {
        assert_eq!(state.arrive(Phase::default(), false), Ok(Ending::Open));
        state = State::unpack(state.pack());
    }
    assert_eq!(state.arrived as usize, MAX_PARTIES - 1);
    assert_eq!(state.arrive(Phase::default(), false), Ok(Ending::Ended));
    assert_eq!((state.phase, state.arrived, state.parties as usize), (Phase::default().next(), 0, MAX_PARTIES));
}

#[test]
fn the_numbers_of_phases_go_round() {
    let last = Phase::default().previous();
    assert_eq!(last.number(), (1 << 31) - 1);
    assert_eq!(last.next(), Phase::default());
    assert!(Phase::default().is_past(last) && !last.is_past(Phase::default()));
    // The end of the last phase leaves the rest of the word alone.
    let mut state = State { phase: last, ..State::new(2) };
    assert_eq!(State::unpack(state.pack()), state);
    assert_eq!(state.arrive(last, false), Ok(Ending::Open));
    assert_eq!(state.arrive(last, false), Ok(Ending::Ended));
    assert_eq!(State::unpack(state.pack()), State::new(2));
}
