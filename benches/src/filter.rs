//! `--filter`: which groups and backends to run.

use crate::figures::unique;
use crate::workload::Group;

/// What was asked for. Names of one kind add up, kinds restrict each other: `locks,short,long,std-mutex` is the
/// workloads `short` and `long` of the family `locks` with the one backend.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    families: Vec<String>,
    workloads: Vec<String>,
    backends: Vec<String>,
}

impl Filter {
    /// Sorts `words` by what they name in `groups`. A word that names several kinds counts as each.
    ///
    /// # Errors
    ///
    /// When a word names nothing: the message lists what could have been said.
    pub fn parse(words: &[String], groups: &[Group]) -> Result<Self, String> {
        let families = unique(groups.iter().map(|group| group.family));
        let workloads = unique(groups.iter().map(|group| group.workload));
        let backends = unique(groups.iter().flat_map(|group| group.backends.iter().map(|backend| backend.name)));
        let mut filter = Self::default();
        for word in words.iter().filter(|word| !word.is_empty()) {
            let kinds = [
                (&families, &mut filter.families),
                (&workloads, &mut filter.workloads),
                (&backends, &mut filter.backends),
            ];
            let mut known = false;
            for (names, kept) in kinds {
                if names.contains(&word.as_str()) {
                    kept.push(word.clone());
                    known = true;
                }
            }
            if !known {
                return Err(format!(
                    "unknown filter `{word}`\nfamilies: {}\nworkloads: {}\nbackends: {}",
                    families.join(", "),
                    workloads.join(", "),
                    backends.join(", ")
                ));
            }
        }
        Ok(filter)
    }

    /// Leaves what was asked for.
    ///
    /// # Errors
    ///
    /// When nothing is left.
    pub fn apply(&self, mut groups: Vec<Group>) -> Result<Vec<Group>, String> {
        let wanted = |names: &[String], name: &str| names.is_empty() || names.iter().any(|wanted| wanted == name);
        groups.retain(|group| wanted(&self.families, group.family) && wanted(&self.workloads, group.workload));
        for group in &mut groups {
            group.backends.retain(|backend| wanted(&self.backends, backend.name));
        }
        groups.retain(|group| !group.backends.is_empty());
        if groups.is_empty() {
            return Err("these filters leave nothing to run: no such workload in the family, or no such backend in \
                        the workload (--list shows them)"
                .to_owned());
        }
        Ok(groups)
    }
}
