//! Behaviour-oriented concurrency.

mod behaviour;
mod block;
mod completion;
mod error;
mod executor;
mod hooks;
mod queue;
mod request;
mod target;

#[cfg(polder_loom)]
#[doc(hidden)]
pub use self::executor::run_ready;
pub(crate) use self::queue::Behaviours;
pub use self::{
    behaviour::Behaviour,
    error::DuplicateLock,
    request::{Body, ChainedBody, Item, Lockable, Read, ReadLock, Request, ValueLock, Write, read, write},
};

/// Runs `body` on the values of some locks when it has all of them, on a thread of the pool.
#[track_caller]
pub fn when<R, F, U>(request: R, body: F) -> Behaviour<U>
where
    R: Request,
    F: Body<R::Locks, U> + Send + 'static,
    U: Send + 'static,
{
    match try_when(request, body) {
        Ok(behaviour) => behaviour,
        Err(duplicate) => refuse(duplicate),
    }
}

/// As [`when`], with a lock that is asked for twice as an error.
pub fn try_when<R, F, U>(request: R, body: F) -> Result<Behaviour<U>, DuplicateLock>
where
    R: Request,
    F: Body<R::Locks, U> + Send + 'static,
    U: Send + 'static,
{
    Behaviour::begin(request.locks(), body)
}

#[cold]
#[track_caller]
fn refuse(duplicate: DuplicateLock) -> ! {
    panic!("a behaviour asks for a lock twice: {duplicate}")
}
