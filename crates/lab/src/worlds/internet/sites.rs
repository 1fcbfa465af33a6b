//! The sites of the embedded world.

use services::http::{Reply, Site};

/// Port 80: everything has moved to https.
pub(super) fn clear() -> Vec<Site> {
    let moved = |host: &str| Site::moved_to(host, &format!("https://{host}"));
    vec![moved("www.example.com"), moved("example.com"), moved("busy.example.com")]
}

/// Port 443 of web-1.
pub(super) fn example_com() -> Vec<Site> {
    let site = |host: &str| {
        Site::new(host)
            .page("/", Reply::html(include_str!("pages/index.html")))
            .page("/style.css", Reply::new("text/css", include_str!("pages/style.css")))
            .page("/logo.svg", Reply::new("image/svg+xml", include_str!("pages/logo.svg")))
            .page("/about", Reply::html(include_str!("pages/about.html")))
            .page("/old", Reply::redirect(301, "/about"))
            .page("/loop", Reply::redirect(302, "/loop"))
            // 50 MB that can be made again anywhere, to be checked by hash.
            .page("/50MB.bin", Reply::pattern(50_000_000))
    };
    let busy = Site::new("busy.example.com").otherwise(Reply::status(503).header("retry-after", "120"));
    vec![site("www.example.com"), site("example.com"), busy]
}

/// Port 443 of web-2.
pub(super) fn example_net() -> Vec<Site> {
    let script = Reply::new("text/javascript", include_str!("pages/app.js"));
    vec![Site::new("static.example.net").page("/app.js", script)]
}
