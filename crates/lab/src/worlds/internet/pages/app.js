document.querySelector("h1").title = "fetched over " + performance.getEntriesByType("resource").length + " further requests";
