//! Newtypes for numbers that must not be confused.

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        #[repr(transparent)]
        pub struct $name(pub u32);

        impl $name {
            /// The number as an index.
            #[inline]
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// An embedding, counted over all tables together: a table's first id follows the last of the
    /// table before it.
    EmbeddingId
);
id!(
    /// A group of at most `rows` embeddings that share one crossbar.
    GroupId
);
id!(
    /// A bank, counted over all lanes: `lane * banks_per_lane + bank in lane`.
    BankId
);
id!(
    /// A crossbar (with its column blocks) inside a bank.
    SlotId
);
id!(
    /// A table of the model.
    TableId
);
