use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use assignment_engine_core::SessionId;
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// One lock per session under way, so that two calls of this process for one session follow each
/// other: the second sees what the first has stored, and the contact gets no message twice. What
/// other processes do is held in check by the store's claim.
#[derive(Debug, Default)]
pub(super) struct SessionLocks {
    locks: Mutex<HashMap<SessionId, Weak<AsyncMutex<()>>>>,
}

impl SessionLocks {
    pub(super) async fn lock(&self, id: &SessionId) -> OwnedMutexGuard<()> {
        let lock = {
            let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
            match locks.get(id).and_then(Weak::upgrade) {
                Some(lock) => lock,
                None => {
                    // Locks nobody holds are swept out when the map has doubled.
                    if locks.len() == locks.capacity() {
                        locks.retain(|_, lock| lock.strong_count() > 0);
                    }
                    let lock = Arc::new(AsyncMutex::new(()));
                    locks.insert(id.clone(), Arc::downgrade(&lock));
                    lock
                }
            }
        };
        lock.lock_owned().await
    }
}
