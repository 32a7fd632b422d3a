//! What a master has asked for and not got yet, and what of it the ResourceManager has heard: the state behind heartbeats.
//!
//! Pure: no clocks, no connections. The rules (`AMRMClientImpl`):
//! - the ResourceManager remembers absolute counts, so each heartbeat carries only the wishes whose counts changed;
//! - a heartbeat whose answer was lost is repeated as it was: the ResourceManager, if it had heard it, answers from memory and
//!   ignores what else a repetition says;
//! - what was allocated is subtracted here too, or a repetition of all wishes would ask for it again;
//! - after a restart of the ResourceManager everything is repeated: wishes, releases that are not confirmed, the blacklist.

use crate::ids::ContainerId;
use crate::records::{
    AllocateRequest, Allocation, ContainerUpdate, Priority, Resource, ResourceRequest,
};
use std::collections::{BTreeMap, BTreeSet};

/// What one count is kept for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    priority: Priority,
    allocation_request_id: i64,
    place: String,
    resource: Resource,
}

impl Key {
    fn of(request: &ResourceRequest) -> Self {
        Self {
            priority: request.priority,
            allocation_request_id: request.allocation_request_id,
            place: request.place.clone(),
            resource: request.resource.clone(),
        }
    }
}

/// A master's wishes.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    wishes: BTreeMap<Key, ResourceRequest>,
    changed: BTreeSet<Key>,
    /// Released, and not yet confirmed by the container's end.
    releasing: BTreeSet<ContainerId>,
    unsent_releases: BTreeSet<ContainerId>,
    blacklist: BTreeSet<String>,
    blacklist_changes: BTreeMap<String, bool>,
    updates: BTreeMap<ContainerId, ContainerUpdate>,
    unsent_updates: BTreeSet<ContainerId>,
    response_id: i32,
    /// Sent, and not answered yet.
    flying: Option<AllocateRequest>,
}

impl Ledger {
    /// Nothing wanted.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how many containers of a kind are wanted in all; 0 takes the wish back.
    pub fn want(&mut self, request: ResourceRequest) {
        let key = Key::of(&request);
        if self.wishes.get(&key) != Some(&request)
            && (request.count > 0 || self.wishes.contains_key(&key))
        {
            self.changed.insert(key.clone());
            self.wishes.insert(key, request);
        }
    }

    /// How many containers are wanted in all, at any place.
    pub fn outstanding(&self) -> u64 {
        let everywhere = self.wishes.values().filter(|w| w.place == "*");
        everywhere.map(|w| u64::from(w.count)).sum()
    }

    /// How many containers of a priority are wanted.
    pub fn outstanding_at(&self, priority: Priority) -> u64 {
        let there = self
            .wishes
            .values()
            .filter(|w| w.place == "*" && w.priority == priority);
        there.map(|w| u64::from(w.count)).sum()
    }

    /// Gives a container back.
    pub fn release(&mut self, id: ContainerId) {
        if self.releasing.insert(id) {
            self.unsent_releases.insert(id);
        }
    }

    /// Wants no containers on a host, or wants them again.
    pub fn blacklist(&mut self, host: &str, bad: bool) {
        let changed = if bad {
            self.blacklist.insert(host.to_owned())
        } else {
            self.blacklist.remove(host)
        };
        if changed {
            self.blacklist_changes.insert(host.to_owned(), bad);
        }
    }

    /// Wants a container changed.
    pub fn update(&mut self, update: ContainerUpdate) {
        self.unsent_updates.insert(update.id);
        self.updates.insert(update.id, update);
    }

    /// The heartbeat to send: the last one again, if it was not answered.
    pub fn heartbeat(&mut self, progress: f32) -> AllocateRequest {
        if let Some(flying) = &self.flying {
            return flying.clone();
        }
        let request = self.compose(progress);
        self.flying = Some(request.clone());
        request
    }

    fn compose(&self, progress: f32) -> AllocateRequest {
        let hosts = |bad: bool| {
            let changes = self
                .blacklist_changes
                .iter()
                .filter(move |(_, b)| **b == bad);
            changes.map(|(host, _)| host.clone()).collect()
        };
        AllocateRequest {
            response_id: self.response_id,
            ask: self
                .changed
                .iter()
                .filter_map(|key| self.wishes.get(key).cloned())
                .collect(),
            release: self.unsent_releases.iter().copied().collect(),
            blacklist: hosts(true),
            unblacklist: hosts(false),
            updates: self
                .unsent_updates
                .iter()
                .filter_map(|id| self.updates.get(id).cloned())
                .collect(),
            progress,
            tracking_url: None,
        }
    }

    /// Takes note of a heartbeat's answer: what it carried was heard.
    pub fn answered(&mut self, answer: &Allocation) {
        let sent = self.flying.take().unwrap_or_default();
        self.response_id = answer.response_id;
        for request in &sent.ask {
            let key = Key::of(request);
            // Changed again meanwhile: it goes out once more.
            if self.wishes.get(&key) == Some(request) {
                self.changed.remove(&key);
                if request.count == 0 {
                    self.wishes.remove(&key);
                }
            }
        }
        self.unsent_releases.retain(|id| !sent.release.contains(id));
        let heard = sent
            .blacklist
            .iter()
            .map(|h| (h, true))
            .chain(sent.unblacklist.iter().map(|h| (h, false)));
        for (host, bad) in heard {
            if self.blacklist_changes.get(host) == Some(&bad) {
                self.blacklist_changes.remove(host);
            }
        }
        for update in &sent.updates {
            if self.updates.get(&update.id) == Some(update) {
                self.unsent_updates.remove(&update.id);
            }
        }
        for container in &answer.allocated {
            self.got(
                container.priority,
                container.allocation_request_id,
                &container.node.host,
                &container.resource,
            );
        }
        for status in &answer.completed {
            self.releasing.remove(&status.id);
            self.unsent_releases.remove(&status.id);
            self.updates.remove(&status.id);
            self.unsent_updates.remove(&status.id);
        }
        let settled = answer
            .updated
            .iter()
            .map(|c| c.id)
            .chain(answer.update_errors.iter().map(|e| e.id));
        for id in settled {
            self.updates.remove(&id);
            self.unsent_updates.remove(&id);
        }
    }

    /// Takes note that the ResourceManager has forgotten everything (after registering again).
    pub fn forgotten(&mut self) {
        self.response_id = 0;
        self.flying = None;
        self.wishes.retain(|_, wish| wish.count > 0);
        self.changed = self.wishes.keys().cloned().collect();
        self.unsent_releases = self.releasing.clone();
        self.unsent_updates = self.updates.keys().copied().collect();
        self.blacklist_changes = self
            .blacklist
            .iter()
            .map(|host| (host.clone(), true))
            .collect();
    }

    /// Subtracts an allocated container from the wish that it answers. Containers come rounded up, so of several sizes the
    /// largest that fits is meant.
    fn got(&mut self, priority: Priority, id: i64, host: &str, resource: &Resource) {
        let of_kind = |place: &str, wishes: &BTreeMap<Key, ResourceRequest>| {
            let fitting = wishes.iter().filter(|(key, wish)| {
                key.priority == priority
                    && key.allocation_request_id == id
                    && key.place == place
                    && wish.count > 0
                    && resource.holds(&key.resource)
            });
            fitting
                .map(|(key, _)| key.clone())
                .max_by(|a, b| a.resource.cmp(&b.resource))
        };
        for place in ["*", host] {
            let Some(key) = of_kind(place, &self.wishes) else {
                continue;
            };
            // The ResourceManager has subtracted it too: nothing to send.
            let emptied = self.wishes.get_mut(&key).is_some_and(|wish| {
                wish.count -= 1;
                wish.count == 0
            });
            if emptied && !self.changed.contains(&key) {
                self.wishes.remove(&key);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
