use super::*;

fn row(uid: u32) -> MessageRow {
    MessageRow { uid, ..MessageRow::default() }
}

fn list(messages: u32) -> MessageList {
    let mut list = MessageList::default();
    list.open("INBOX");
    list.set((1..=messages).rev().collect());
    list
}

#[test]
fn only_a_window_around_the_visible_rows_is_asked_for() {
    let mut list = list(100_000);
    let wanted = list.wanted(50_000..50_030);
    assert_eq!(wanted.len(), WINDOW);
    assert!(wanted.is_sorted());
    assert!((50_000..50_030).all(|at| wanted.contains(&list.row(at).unwrap().0)));
    // One window at a time, and none again that is known.
    assert!(list.wanted(0..30).is_empty());
    list.learn(&wanted, wanted.iter().copied().map(row).collect());
    assert!(list.wanted(50_000..50_030).is_empty());
    assert_eq!(list.wanted(0..30).len(), WINDOW);
}

#[test]
fn the_number_of_known_rows_is_bounded() {
    let mut list = list(100_000);
    for at in (0..100_000).step_by(500) {
        let wanted = list.wanted(at..at + 20);
        list.learn(&wanted, wanted.iter().copied().map(row).collect());
        assert!(list.rows.len() <= KEPT);
    }
}

#[test]
fn a_message_that_is_gone_leaves_the_list_and_the_next_one_gets_the_cursor() {
    let mut list = list(5);
    list.select(1, Select::Only);
    list.remove(&[4]);
    assert_eq!(list.cursor(), Some(1));
    assert_eq!(list.row(1).unwrap().0, 3);
    assert!(list.selected().is_empty());
    let wanted = list.wanted(0..4);
    assert_eq!(wanted, [1, 2, 3, 5]);
    list.learn(&wanted, vec![row(1), row(2), row(5)]);
    assert_eq!(list.len(), 3);
}

#[test]
fn a_selection_grows_from_where_it_began() {
    let mut list = list(10);
    list.select(2, Select::Only);
    list.select(5, Select::UpTo);
    assert_eq!(list.selected(), [5, 6, 7, 8]);
    list.select(0, Select::UpTo);
    assert_eq!(list.selected(), [8, 9, 10]);
    list.select(9, Select::Toggle);
    assert_eq!(list.selected(), [1, 8, 9, 10]);
    list.select(9, Select::Toggle);
    assert_eq!(list.selected(), [8, 9, 10]);
}

#[test]
fn a_refreshed_list_keeps_what_is_known_until_it_is_fetched_anew() {
    let mut list = list(3);
    let wanted = list.wanted(0..3);
    list.learn(&wanted, wanted.iter().copied().map(row).collect());
    list.select(0, Select::Only);
    list.set(vec![4, 3, 2]);
    assert_eq!(list.selected(), [3]);
    assert!(list.known(3).is_some() && list.known(1).is_none());
    assert_eq!(list.wanted(0..3), [2, 3, 4]);
}

#[test]
fn a_second_click_on_a_column_reverses_the_order() {
    let by_size = SortOrder::NEWEST.clicked(Column::Size);
    assert!(by_size.descending);
    assert!(!by_size.clicked(Column::Size).descending);
    assert!(!by_size.clicked(Column::Subject).descending);
}

#[test]
fn flags_change_in_the_rows_that_are_known() {
    let mut list = list(2);
    list.learn(&[], vec![row(1)]);
    let seen: Flags = [Flag::Seen].into_iter().collect();
    // The second row is not known yet.
    assert_eq!(list.change(&[1, 2], &FlagChange::Add(seen)), -1);
    assert!(!list.known(1).unwrap().is_unread());
}
