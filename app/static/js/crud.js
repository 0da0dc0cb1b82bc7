// Generated pages: pickers, filters, ticked rows, tabs. Only lists and forms of Flask-AppBuilder load this file.
(function () {
  "use strict";

  function each(selector, work, where) {
    Array.prototype.forEach.call((where || document).querySelectorAll(selector), work);
  }

  // --- selects: short ones stay the browser's own, long and multiple ones get a search, big relations ask the server
  var LONG = 12;
  function pickers(where) {
    each("select[data-pick], select[data-pick-from]", function (select) {
      if (select.tomselect || !window.TomSelect || select.closest("template")) { return; }
      var from = select.dataset.pickFrom;
      if (!from && !select.multiple && select.options.length <= LONG) { return; }
      var options = {
        maxOptions: 200, allowEmptyOption: false, hidePlaceholder: true,
        plugins: select.multiple ? ["remove_button"] : from ? ["clear_button", "dropdown_input"] : ["dropdown_input"],
        render: { no_results: function () { return '<div class="no-results"></div>'; } }
      };
      if (from) {
        options.valueField = "id"; options.labelField = "text"; options.searchField = []; options.loadThrottle = 250;
        options.shouldLoad = function (query) { return query.length > 1; };
        options.load = function (query, done) {
          window.fetch(from + (from.indexOf("?") < 0 ? "?" : "&") + "q=" + encodeURIComponent(query), { headers: { Accept: "application/json" } })
            .then(function (answer) { return answer.ok ? answer.json() : []; })
            .then(done, function () { done([]); });
        };
      }
      // Tom Select takes the label for its own field; the covered select keeps a name for screen readers.
      var label = select.labels && select.labels[0];
      if (label && !select.hasAttribute("aria-label")) { select.setAttribute("aria-label", label.textContent.trim()); }
      new window.TomSelect(select, options);
    }, where);
  }

  // --- filters
  var made = 0;
  function addCondition(form, column, operation, value) {
    var template = form.querySelector('template[data-filter-template="' + column + '"]');
    if (!template) { return null; }
    var row = template.content.firstElementChild.cloneNode(true);
    var op = row.querySelector(".filter-op"), input = row.querySelector(".filter-value input, .filter-value select, .filter-value textarea");
    made += 1;
    input.id = "condition-" + made;
    row.querySelector("label").htmlFor = input.id;
    if (operation !== undefined) {
      each("option", function (option) { option.selected = option.dataset.name === operation; }, op);
    }
    if (value !== undefined && value !== null && input.type !== "hidden") {
      // The offset is ours (see below): the browser's own field knows no zones.
      input.value = input.type === "datetime-local" ? String(value).replace(" ", "T").slice(0, 16) : value;
    }
    form.querySelector("[data-filter-rows]").appendChild(row);
    pickers(row);
    return input;
  }
  function wireFilter(form) {
    JSON.parse(form.dataset.active || "[]").forEach(function (active) {
      [].concat(active[2]).forEach(function (value) { addCondition(form, active[0], active[1], value); });
    });
    form.addEventListener("click", function (event) {
      var add = event.target.closest("[data-filter-add]"), drop = event.target.closest("[data-filter-drop]");
      if (add) { var input = addCondition(form, add.dataset.filterAdd); if (input) { (input.tomselect || input).focus(); } }
      if (drop) { drop.closest(".filter-row").remove(); }
    });
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      var query = new URLSearchParams();
      // The order and the page size stay; the page number belongs to the old filter.
      new URLSearchParams(window.location.search).forEach(function (value, name) {
        if (/^(_oc_|_od_|psize_)/.test(name)) { query.append(name, value); }
      });
      each(".filter-row", function (row) {
        var input = row.querySelector("[id^=condition-]"), value = input.value;
        if (value === "" || value === "__None") { return; }
        if (input.type === "datetime-local") { value += form.dataset.offset; }
        query.append("_flt_" + row.querySelector(".filter-op").value + "_" + row.dataset.column, value);
      }, form);
      window.location.search = query.toString();
    });
  }

  // --- ticked rows
  function countTicked(name) {
    var boxes = document.querySelectorAll('input[name="rowid"][form="rows-' + name + '"]'), ticked = 0;
    Array.prototype.forEach.call(boxes, function (box) {
      ticked += box.checked;
      box.closest("tr").classList.toggle("is-picked", box.checked);
    });
    each('[data-needs-rows][form="rows-' + name + '"]', function (button) { button.disabled = !ticked; });
    each('[data-pick-all="' + name + '"]', function (all) {
      all.checked = ticked > 0 && ticked === boxes.length;
      all.indeterminate = ticked > 0 && ticked < boxes.length;
    });
    var form = document.getElementById("rows-" + name), bar = form && form.parentNode.querySelector("[data-picked-count]");
    if (bar) { bar.hidden = !ticked; bar.querySelector("b").textContent = ticked; }
  }
  document.addEventListener("change", function (event) {
    var box = event.target, form = box.form;
    if (box.dataset.pickAll) {
      each('input[name="rowid"][form="rows-' + box.dataset.pickAll + '"]', function (row) { row.checked = box.checked; });
      countTicked(box.dataset.pickAll);
    } else if (box.name === "rowid" && form) { countTicked(form.dataset.rows); }
  });

  // --- tabs of a row: the one left open comes back after paging inside it
  function rememberTabs(list) {
    var name = "prozvon.tab." + window.location.pathname, kept = null;
    try { kept = window.sessionStorage.getItem(name); } catch (refused) { /* private mode */ }
    list.addEventListener("shown.bs.tab", function (event) {
      try { window.sessionStorage.setItem(name, event.target.dataset.bsTarget); } catch (refused) { /* private mode */ }
    });
    var tab = kept && list.querySelector('[data-bs-target="' + kept + '"]');
    if (tab) { window.bootstrap.Tab.getOrCreateInstance(tab).show(); }
  }

  // --- the rights of a role
  document.addEventListener("input", function (event) {
    var box = event.target.closest("[data-filter-rights]");
    if (!box) { return; }
    var wanted = box.value.toLowerCase();
    each(".rights-group", function (group) { group.hidden = group.textContent.toLowerCase().indexOf(wanted) < 0; }, document.getElementById(box.dataset.filterRights));
  });

  document.addEventListener("DOMContentLoaded", function () {
    each("form[data-filter]", wireFilter);
    each("[data-remember-tab]", rememberTabs);
    each("form[data-rows]", function (form) { countTicked(form.dataset.rows); });
    pickers(document);
    var wrong = document.querySelector("[aria-invalid=true]");
    if (wrong) { (wrong.tomselect || wrong).focus(); }
  });
})();
