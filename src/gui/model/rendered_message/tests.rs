use super::*;

fn said(lines: &[TextLine]) -> String {
    let line = |line: &TextLine| line.iter().map(|span| span.text.as_str()).collect::<String>();
    lines.iter().map(line).collect::<Vec<String>>().join("\n")
}

fn shown(message: &str) -> RenderedMessage {
    RenderedMessage::of(1, message.replace('\n', "\r\n").into_bytes())
}

#[test]
fn web_addresses_in_a_text_are_links_without_the_full_stop() {
    let lines = text_lines("> see https://a.test/b?c=d.\n(http://e.test)\tend");
    let links: Vec<&str> = lines.iter().flatten().filter_map(|span| span.link.as_deref()).collect();
    assert_eq!(links, ["https://a.test/b?c=d", "http://e.test"]);
    assert_eq!(said(&lines), "> see https://a.test/b?c=d.\n(http://e.test)    end");
    assert!(lines[0].iter().all(|span| span.quoted) && !lines[1][0].quoted);
}

#[test]
fn a_page_alone_is_the_text_and_shows_where_its_links_lead() {
    let shown = shown(
        "Content-Type: text/html\n\n<p>Your <b>bank</b>: <a href=\"http://evil.test/\">http://bank.test/</a></p>\
         <script>alert(1)</script><img src=\"http://spy.test/1.gif\" alt=\"a dot\">",
    );
    let text = said(&shown.text);
    assert!(text.contains("Your bank: http://bank.test/ <http://evil.test/>"), "{text}");
    assert!(text.contains("[picture: a dot]") && !text.contains("alert"), "{text}");
    assert!(shown.text.iter().flatten().any(|span| span.strong && span.text == "bank"));
    assert!(shown.page.is_none());
}

#[test]
fn a_page_beside_a_text_is_the_second_choice() {
    let shown = shown(
        "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nplain\n--b\n\
         Content-Type: text/html\n\n<p>page</p>\n--b--\n",
    );
    assert_eq!(said(&shown.text), "plain");
    assert_eq!(said(&shown.page.unwrap()).trim(), "page");
}

#[test]
fn a_long_text_is_cut_and_deep_tags_do_no_harm() {
    let long = shown(&format!("\n{}", "word ".repeat(CHARACTERS)));
    assert!(long.cut && said(&long.text).len() <= CHARACTERS);
    for depth in [TAGS, 50 * TAGS] {
        let deep = shown(&format!("Content-Type: text/html\n\n{}deep", "<div>".repeat(depth)));
        assert_eq!(said(&deep.text).trim(), "deep");
    }
}

#[test]
fn the_rest_of_a_long_text_is_there_for_a_reply() {
    let long = shown(&format!("\n{}the end", "word ".repeat(CHARACTERS)));
    assert!(long.cut && !said(&long.text).contains("the end"));
    assert!(long.reading.text.trim_end().ends_with("the end"));
}

#[test]
fn a_picture_is_decoded_and_a_bomb_is_not() {
    let mut png = Cursor::new(Vec::new());
    let points = image::RgbaImage::from_pixel(3, 2, image::Rgba([255, 0, 0, 255]));
    points.write_to(&mut png, image::ImageFormat::Png).unwrap();
    let picture = Picture::of(&Attachment::new("red.png", png.get_ref().clone())).unwrap();
    assert_eq!(picture.image.size, [3, 2]);
    assert_eq!(picture.image.pixels[0], Color32::RED);
    // The width in IHDR becomes 2,000,000,000.
    let mut bomb = png.into_inner();
    bomb[16..20].copy_from_slice(&2_000_000_000_u32.to_be_bytes());
    assert!(Picture::of(&Attachment::new("bomb.png", bomb)).is_none());
    assert!(Picture::of(&Attachment::new("no.png", b"no picture".to_vec())).is_none());
}
