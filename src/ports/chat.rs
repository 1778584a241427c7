//! A chat platform: everything that the app may do on it.

use std::sync::Arc;

use super::{Dialogs, Directory, Messenger, PlatformSignIn};

/// What the app may do on one chat platform.
#[derive(Clone)]
pub struct ChatPorts {
    /// Accounts and conversations.
    pub directory: Arc<dyn Directory>,
    /// Posts, updates and messages that only one person sees.
    pub messenger: Arc<dyn Messenger>,
    /// Forms and answers for the person who has just acted.
    pub dialogs: Arc<dyn Dialogs>,
    /// The sign-in at the platform, if the operator has set it up.
    pub sign_in: Option<Arc<dyn PlatformSignIn>>,
}
