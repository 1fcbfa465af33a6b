//! Web servers of a file: a small site for any name of the node, or pages of one's own.

use std::borrow::Cow;
use std::collections::BTreeMap;

use net::{Net, Task};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use services::http::{Reply, Site, WebServer};
use services::tls::{Identity, ServerTls, Version};
use wire::ip::Protocol;

use super::dns::{any, end};
use super::registry::Written;
use super::{Commons, Program};
use crate::file::scalar::{Size, Time};

/// What a web server shows, and how it proves who it is. Without any setting: a page at `/`, and at `/bytes/N` so many
/// bytes, for every name and address of its node.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Website {
    /// Pages of one's own, beside the small site.
    #[serde(default)]
    pub pages: Vec<WebPage>,
    /// What it shows inside TLS.
    #[serde(default)]
    pub certificate: Shown,
    /// The names in the certificate, instead of all names of the node.
    pub names: Option<Vec<String>>,
    /// The versions of TLS that it speaks: `["1.2", "1.3"]` when nothing is said.
    #[serde(default)]
    pub tls: Vec<TlsVersion>,
    /// The port in clear text, instead of 80.
    pub port: Option<u16>,
    /// The port inside TLS, instead of 443.
    pub secure_port: Option<u16>,
}

/// A page.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebPage {
    /// The host name that it belongs to; any, when nothing is said.
    pub host: Option<String>,
    /// `/index.html`.
    pub path: String,
    /// 200, or another status.
    pub status: Option<u16>,
    /// The media type of the body: `text/html; charset=utf-8` when nothing is said.
    #[serde(rename = "type")]
    pub content_type: Option<String>,
    /// What it says.
    pub body: Option<String>,
    /// Or so many bytes of a pattern.
    pub bytes: Option<Size>,
    /// Further header fields.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// How long the server thinks before it answers.
    pub after: Option<Time>,
}

/// A certificate, good or bad.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    /// Signed by the authority that every host of the world trusts.
    #[default]
    Valid,
    /// Its time is over.
    Expired,
    /// Signed by an authority that nobody trusts.
    UnknownAuthority,
}

/// A version of TLS.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
pub enum TlsVersion {
    /// RFC 5246.
    #[serde(rename = "1.2")]
    Tls12,
    /// RFC 8446.
    #[serde(rename = "1.3")]
    Tls13,
}

impl Website {
    fn sites(&self, net: &Net) -> Vec<Site> {
        let small = || {
            let text = format!("<!DOCTYPE html><title>{0}</title><h1>{0}</h1><p>It works.</p>\n", net.name());
            Site::any().page("/", Reply::html(text)).patterns("/bytes/")
        };
        let mut hosts: BTreeMap<Option<&str>, Site> = BTreeMap::from([(None, small())]);
        for page in self.pages.iter().filter(|page| page.host.is_none()) {
            add(&mut hosts, None, small, page);
        }
        for page in &self.pages {
            if let Some(host) = page.host.as_deref() {
                add(&mut hosts, Some(host), || Site::new(host).patterns("/bytes/"), page);
            }
        }
        // The site of any host comes last: the first that serves a name answers.
        hosts.into_iter().rev().map(|(_, site)| site).collect()
    }

    fn identity(&self, net: &Net, world: &Commons) -> Result<Identity, String> {
        let names = self.names.clone().unwrap_or_else(|| world.names().names_of(net));
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let issued = match self.certificate {
            Shown::Valid => world.trusted().issue(&names),
            Shown::Expired => world.trusted().issue_expired(&names),
            Shown::UnknownAuthority => world.unknown().issue(&names),
        };
        issued.map_err(|error| error.to_string())
    }

    fn clear(&self, net: &Net) -> Task<()> {
        let (server, own, at) = (WebServer::new(self.sites(net)), net.clone(), any(self.port.unwrap_or(HTTP)));
        net.spawn(async move { end(&own, "http", server.run(own.clone(), at).await.err()) })
    }

    fn secure(&self, net: &Net, world: &Commons) -> Result<Task<()>, String> {
        let versions: Vec<Version> = (self.tls.iter())
            .map(|version| match version {
                TlsVersion::Tls12 => Version::Tls12,
                TlsVersion::Tls13 => Version::Tls13,
            })
            .collect();
        let tls = ServerTls::with_versions(net, vec![self.identity(net, world)?], &versions);
        let server = WebServer::new(self.sites(net)).secure(tls);
        let (own, at) = (net.clone(), any(self.secure_port.unwrap_or(HTTPS)));
        Ok(net.spawn(async move { end(&own, "https", server.run(own.clone(), at).await.err()) }))
    }
}

fn add<'a>(
    hosts: &mut BTreeMap<Option<&'a str>, Site>,
    host: Option<&'a str>,
    new: impl FnOnce() -> Site,
    page: &WebPage,
) {
    let site = hosts.remove(&host).unwrap_or_else(new);
    hosts.insert(host, site.page(&page.path, page.reply()));
}

impl WebPage {
    fn reply(&self) -> Reply {
        let media = self.content_type.as_deref().unwrap_or("text/html; charset=utf-8");
        let mut reply = match (&self.body, &self.bytes, self.status) {
            (Some(body), ..) => Reply::new(media, body.clone()),
            (None, Some(bytes), _) => Reply::pattern(bytes.0),
            (None, None, Some(status)) => Reply::status(status),
            (None, None, None) => Reply::new(media, String::new()),
        };
        if let Some(status) = self.status {
            reply = reply.with_status(status);
        }
        for (name, value) in &self.headers {
            reply = reply.header(name, value);
        }
        match &self.after {
            Some(after) => reply.after(after.0),
            None => reply,
        }
    }
}

impl Written for Website {
    const NAME: &'static str = "web";
    const ABOUT: &'static str = "a web server in clear text and inside TLS, ports 80 and 443";
}

impl Program for Website {
    fn start(&self, net: &Net, world: &Commons) -> Result<Task<()>, String> {
        let secure = self.secure(net, world)?;
        self.clear(net).detach();
        Ok(secure)
    }

    fn listens(&self) -> Vec<(Protocol, u16)> {
        vec![(Protocol::TCP, self.port.unwrap_or(HTTP)), (Protocol::TCP, self.secure_port.unwrap_or(HTTPS))]
    }
}

/// A web server in clear text alone.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct Http(pub Website);

impl JsonSchema for Http {
    fn schema_name() -> Cow<'static, str> {
        "Http".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Website::json_schema(generator)
    }
}

impl Written for Http {
    const NAME: &'static str = "http";
    const ABOUT: &'static str = "a web server in clear text, port 80";
}

impl Program for Http {
    fn start(&self, net: &Net, _: &Commons) -> Result<Task<()>, String> {
        Ok(self.0.clear(net))
    }

    fn listens(&self) -> Vec<(Protocol, u16)> {
        vec![(Protocol::TCP, self.0.port.unwrap_or(HTTP))]
    }
}

/// A web server inside TLS alone.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct Https(pub Website);

impl JsonSchema for Https {
    fn schema_name() -> Cow<'static, str> {
        "Https".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Website::json_schema(generator)
    }
}

impl Written for Https {
    const NAME: &'static str = "https";
    const ABOUT: &'static str = "a web server inside TLS, port 443";
}

impl Program for Https {
    fn start(&self, net: &Net, world: &Commons) -> Result<Task<()>, String> {
        self.0.secure(net, world)
    }

    fn listens(&self) -> Vec<(Protocol, u16)> {
        vec![(Protocol::TCP, self.0.secure_port.unwrap_or(HTTPS))]
    }
}

const HTTP: u16 = 80;
const HTTPS: u16 = 443;
