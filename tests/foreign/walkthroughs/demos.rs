//! What the demos say under *In Wireshark*: each filter finds something in a capture of its demo.

use pillarbox::teaching::script::DEMOS;

use super::tshark::Wireshark;

#[test]
#[ignore = "needs tshark"]
fn every_filter_of_a_demo_finds_something() {
    // Wireshark has no port for LMTP; the profile has.
    let wireshark = Wireshark::with_profile();
    let folder = tempfile::tempdir().unwrap();
    let (mut tried, mut missing) = (0, Vec::new());
    for demo in DEMOS {
        let name = demo.name;
        let capture = folder.path().join(format!("{name}.pcapng"));
        let file = capture.to_str().unwrap();
        let words = ["demo", name, "--fast", "--capture", file, "--ports", "well-known", "--keys"];
        let (status, _, errors) = crate::common::run(&words, folder.path());
        assert_eq!(status, 0, "{name}: {errors}");
        for look in demo.script().unwrap().wireshark {
            let filter = look.split('`').nth(1);
            let filter = filter.unwrap_or_else(|| panic!("{name}: no filter in {look}"));
            let found = wireshark.read(&capture, &["-Y", filter]);
            tried += 1;
            if found.is_empty() {
                missing.push(format!("{name}: {filter}"));
            }
        }
    }
    assert!(tried > DEMOS.len(), "the filters were not found");
    assert!(missing.is_empty(), "these find nothing: {missing:?}");
}
