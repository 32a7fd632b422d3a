//! What a call keeps between batches: compiled patterns by their text.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Entries kept; when a column brings more texts than this the cache starts over.
const CAPACITY: usize = 256;

type Entries = HashMap<String, Arc<dyn Any + Send + Sync>>;

/// Things made from texts, each made once. One call uses one type of thing.
#[derive(Default)]
pub struct Cache {
    entries: Mutex<Entries>,
}

impl Cache {
    /// Access for one batch: the lock is taken only when the text differs from the row before.
    pub fn memo<T, F>(&self, make: F) -> Memo<'_, T, F>
    where
        T: Send + Sync + 'static,
        F: Fn(&str) -> T,
    {
        Memo {
            cache: self,
            make,
            last: None,
        }
    }

    fn get<T: Send + Sync + 'static>(&self, text: &str, make: impl Fn(&str) -> T) -> Arc<T> {
        // The map is valid after any panic: entries are inserted whole.
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = entries.get(text)
            && let Ok(known) = Arc::clone(known).downcast::<T>()
        {
            return known;
        }
        if entries.len() >= CAPACITY {
            entries.clear();
        }
        let made = Arc::new(make(text));
        entries.insert(text.to_string(), made.clone());
        made
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cache")
    }
}

/// Looks texts up for one batch.
pub struct Memo<'a, T, F> {
    cache: &'a Cache,
    make: F,
    last: Option<(String, Arc<T>)>,
}

impl<T: Send + Sync + 'static, F: Fn(&str) -> T> Memo<'_, T, F> {
    /// What was made from `text`.
    pub fn get(&mut self, text: &str) -> Arc<T> {
        match &self.last {
            Some((last, made)) if last == text => made.clone(),
            _ => {
                let made = self.cache.get(text, &self.make);
                self.last = Some((text.to_string(), made.clone()));
                made
            }
        }
    }
}
