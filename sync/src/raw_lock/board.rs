pub(super) struct Board;
impl Board {
    pub(super) fn new() -> Self {
        Self
    }
}
