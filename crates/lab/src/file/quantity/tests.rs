//! Every unit, and what is refused with what advice.

use proptest::prelude::*;

use super::*;

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

#[test]
fn quantities_are_read_as_tc_writes_them() {
    assert_eq!((time("80ms"), time("1.5s"), time("200us")), (Ok(ms(80)), Ok(ms(1500)), Ok(Duration::from_micros(200))));
    assert_eq!(
        (time("5ns"), time("2min"), time("1h")),
        (Ok(Duration::from_nanos(5)), Ok(ms(120_000)), Ok(ms(3_600_000)))
    );
    assert_eq!((share("2%"), share("0.25"), share("100%"), share("0")), (Ok(0.02), Ok(0.25), Ok(1.0), Ok(0.0)));
    assert_eq!((rate("10mbit"), rate("9600bit"), rate("1.5Gbit")), (Ok(10_000_000), Ok(9600), Ok(1_500_000_000)));
    assert_eq!((rate("unlimited"), rate("0bit")), (Ok(0), Ok(0)));
    assert_eq!(
        (size("1460"), size("64KiB"), size("1MB"), size("1.5KiB")),
        (Ok(1460), Ok(65_536), Ok(1_000_000), Ok(1536))
    );
}

#[test]
fn quantities_of_two_words_say_both() {
    assert_eq!(loss("5%"), Ok(Loss::Share(0.05)));
    assert_eq!(loss("gemodel 1% 10%"), Ok(Loss::Bursts { enter: 0.01, leave: 0.1 }));
    assert_eq!(loss("every 1000"), Ok(Loss::Every(1000)));
    assert_eq!(reorder("1% 5ms"), Ok((0.01, ms(5))));
    assert_eq!((buffer("1MB"), buffer("16KiB..4MiB")), (Ok((1_000_000, 1_000_000)), Ok((16_384, 4_194_304))));
    assert_eq!((shift("-1h"), shift("250ms")), (Ok(-3_600_000_000_000), Ok(250_000_000)));
}

#[test]
fn a_target_is_a_name_or_an_address_with_a_port_or_without() {
    let of = |host: &str, port| Ok(Target { host: host.into(), port });
    assert_eq!((target("server"), target("server:5001")), (of("server", None), of("server", Some(5001))));
    assert_eq!((target("192.0.2.1:80"), target("2001:db8::1")), (of("192.0.2.1", Some(80)), of("2001:db8::1", None)));
    assert_eq!(target("[2001:db8::1]:80"), of("2001:db8::1", Some(80)));
    for wrong in ["", ":80", "server:0", "server:65536", "server:http", "a b", "2001:xyz::1:80"] {
        assert!(target(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn what_is_no_quantity_is_refused_with_an_example() {
    for wrong in ["", "x", "101%", "-1%", "NaN", "inf"] {
        assert!(share(wrong).is_err(), "{wrong}");
    }
    for wrong in ["", "80", "80parsec", "-5ms", "99999h", "NaNms", "ms"] {
        assert!(time(wrong).is_err(), "{wrong}");
    }
    for wrong in ["", "10", "10mb", "10mbps", "NaNmbit", "2000gbit", "-1mbit"] {
        assert!(rate(wrong).is_err(), "{wrong}");
    }
    for wrong in ["", "x", "1.5", "-1", "1e30", "10mbit"] {
        assert!(size(wrong).is_err(), "{wrong}");
    }
    for wrong in ["", "gemodel", "gemodel 1%", "every", "every 0", "1% 2%", "often"] {
        assert!(loss(wrong).is_err(), "{wrong}");
    }
    assert!(buffer("4MiB..16KiB").is_err() && reorder("1%").is_err());
}

#[test]
fn advice_uses_what_was_written() {
    let said = |wrong: WrongQuantity| wrong.to_string();
    assert_eq!(time("80").map_err(said), Err("'80' has no unit; write 80ms or 80s".into()));
    assert_eq!(share("5").map_err(said), Err("'5' is not between 0% and 100%; did you mean 5%?".into()));
    let two =
        "'10Mbps' can be read in two ways; write 10mbit for bits per second ('Mbps' is bytes to some, tc among them)";
    assert_eq!(rate("10Mbps").map_err(said), Err(two.into()));
}

proptest! {
    #[test]
    fn no_text_makes_a_reader_panic(text in "\\PC{0,24}") {
        let _ = (time(&text), shift(&text), share(&text), rate(&text), size(&text));
        let _ = (loss(&text), reorder(&text), buffer(&text), target(&text));
    }

    #[test]
    fn whole_numbers_keep_their_value_in_every_unit(n in 0u64..1_000_000) {
        prop_assert_eq!(time(&format!("{n}us")), Ok(Duration::from_micros(n)));
        prop_assert_eq!(time(&format!("{n}ms")), Ok(Duration::from_millis(n)));
        prop_assert_eq!(rate(&format!("{n}kbit")), Ok(n * 1000));
        prop_assert_eq!(size(&format!("{n}KiB")), Ok(n * 1024));
    }
}
