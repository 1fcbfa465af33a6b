//! What is imported is a scenario file that is in order, and a ping crosses it; what is not understood is told.

use glassnet_lab::export;
use glassnet_lab::file;
use glassnet_lab::import::{self, Imported};

/// The file can be read, and `from` reaches `to`.
fn crosses(imported: &Imported, from: &str, to: &str) {
    let ping = format!(
        "{}\n[[node.{from}.run]]\nprogram = \"ping\"\nto = \"{to}\"\ncount = 2\n[[expect]]\nthat = \"count(ping.reply) == 2\"\n",
        imported.toml
    );
    let lab = match file::read(&ping, "imported.toml", &[]) {
        Ok(lab) => lab,
        Err(diagnosis) => panic!("{diagnosis}\n{ping}"),
    };
    let outcome = lab.run(1).expect("the world can be built");
    assert!(outcome.is_as_expected(), "{from} does not reach {to}:\n{}", imported.toml);
}

#[test]
fn mininets_shapes_have_its_names_and_addresses() {
    let shapes = [
        ("minimal", "h1", "h2"),
        ("single,4", "h1", "h4"),
        ("reversed,3", "h1", "h3"),
        ("linear,3", "h1", "h3"),
        ("linear,3,2", "h1s1", "h2s3"),
        ("tree,2,3", "h1", "h9"),
        ("torus,3,3", "h1x1", "h3x2"),
    ];
    for (shape, from, to) in shapes {
        crosses(&import::mininet(shape).expect("it is a shape"), from, to);
    }
    let linear = import::mininet("linear,3").expect("it is a shape").toml;
    assert!(linear.contains("address = { h3-eth0 = \"10.0.0.3/8\" }"), "{linear}");
    assert!(linear.contains("endpoints = [\"s2:s2-eth2\", \"s1:s1-eth2\"]"), "{linear}");
}

#[test]
fn what_is_no_shape_is_refused_with_the_nearest() {
    let said = |words: &str| import::mininet(words).expect_err("it is none").to_string();
    assert!(said("linaer,3").contains("did you mean 'linear'?"));
    assert!(said("tree,40,40").contains("too large") && said("linear,0").contains("no number"));
    assert!(said("torus,2,2").contains("at least 3") && said("minimal,3").contains("too many numbers"));
}

const CLAB: &str = r#"
name: dc-1
prefix: ""
mgmt:
  network: custom
topology:
  defaults:
    kind: linux
  kinds:
    nokia_srlinux:
      image: ghcr.io/nokia/srlinux
  nodes:
    spine:
      kind: nokia_srlinux
      startup-config: spine.cfg
    leaf:
      image: frrouting/frr:v8
      exec:
        - ip addr add 10.2.0.1/24 dev eth2
        - sh -c "ip route add default via 10.9.9.9"
    br:
      kind: bridge
    client:
      exec:
        - ip address add 10.2.0.7/24 dev eth1
        - ip route add default via 10.2.0.1
        - touch /tmp/x
    server:
  links:
    - endpoints: ["spine:e1-1", "leaf:eth1"]
    - type: veth
      endpoints:
        - node: leaf
          interface: eth2
        - node: br
          interface: p1
      mtu: 1400
    - endpoints: [ "client:eth1", "br:p2" ]
    - endpoints: [ "server:eth1", "spine:e1/2" ]
    - endpoints: [ "client:eth9", "host:veth0" ]
    - type: dummy
      endpoint: { node: client, interface: eth8 }
"#;

#[test]
fn a_containerlab_topology_keeps_kinds_links_and_addresses() {
    let imported = import::containerlab(CLAB).expect("it is a topology");
    crosses(&imported, "client", "server");
    assert!(imported.toml.contains("[node.br]\nkind = \"switch\"") && imported.toml.contains("mtu = 1400"));
    assert!(imported.toml.contains("gateway = \"10.2.0.1\""), "{}", imported.toml);
    for told in
        ["`mgmt`", "spine: `startup-config`", "`touch /tmp/x`", "host is no node", "dummy", "10.9.9.9", "nokia_srlinux"]
    {
        assert!(imported.notes.iter().any(|note| note.contains(told)), "{told}: {:#?}", imported.notes);
        assert!(imported.toml.contains("# not taken over: "));
    }
    let refused = import::containerlab("nodes: [").expect_err("it is none");
    assert!(refused.what.starts_with("this is no containerlab topology"), "{refused}");
}

const KATHARA: &str = r#"
LAB_NAME="two networks"
LAB_AUTHOR="somebody"
# pc1 - r - pc2
pc1[0]="A"
pc1[image]="kathara/base"
r[0]="A"
r[1]=B/00:00:00:00:01:01
pc2[0]="B"
"#;

fn startup(device: &str) -> Option<String> {
    let script = match device {
        "pc1" => "ip address add 195.11.14.5/24 dev eth0\nip route add default via 195.11.14.1 dev eth0",
        "r" => {
            "ifconfig eth0 195.11.14.1/24 up\nifconfig eth1 200.1.1.1 netmask 255.255.255.0 up\n/etc/init.d/ssh start"
        }
        "pc2" => "ip addr add 200.1.1.7/24 dev eth0\nroute add default gw 200.1.1.1 dev eth0",
        _ => return None,
    };
    Some(script.to_owned())
}

#[test]
fn a_kathara_lab_has_its_domains_as_switches() {
    let imported = import::kathara(KATHARA, &startup).expect("it is a lab.conf");
    crosses(&imported, "pc1", "pc2");
    assert!(imported.toml.contains("name = \"two-networks\"") && imported.toml.contains("[node.A]\nkind = \"switch\""));
    for told in ["LAB_AUTHOR", "pc1: `image`", "00:00:00:00:01:01", "/etc/init.d/ssh start"] {
        assert!(imported.notes.iter().any(|note| note.contains(told)), "{told}: {:#?}", imported.notes);
    }
    let bare = import::kathara(KATHARA, &|_| None).expect("it is a lab.conf");
    crosses(&bare, "pc1", "pc2");
    let refused = import::kathara("pc1 A", &|_| None).expect_err("it is none");
    assert!(refused.what.contains("line 1"), "{refused}");
}

#[test]
fn a_topology_leaves_as_a_picture() {
    let text = "name = \"two\"\n[node.a]\n[node.\"b.c\"]\nkind = \"router\"\n[[link]]\nname = \"wire\"\n\
                endpoints = [\"a:eth0\", \"b.c:lan\"]\nrate = \"10mbit\"\ndelay = \"5ms\"\nforth = { loss = \"1%\" }\n";
    let lab = file::read(text, "two.toml", &[]).expect("it is in order");
    let dot = export::dot(&lab);
    assert!(
        dot.starts_with("graph \"two\" {") && dot.contains("\"b.c\" [label=\"b.c\\nrouter\\n10.0.1.2/24\""),
        "{dot}"
    );
    assert!(dot.contains("wire\\n→ 10 Mbit/s 5 ms loss 1%\\n← 10 Mbit/s 5 ms"), "{dot}");
    let mermaid = export::mermaid(&lab);
    assert!(
        mermaid.contains("n2([\"b.c<br/>router<br/>10.0.1.2/24\"])") && mermaid.contains("n1 ---|\"wire<br/>"),
        "{mermaid}"
    );
}
