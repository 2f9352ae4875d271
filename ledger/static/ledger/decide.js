// The split's slider, and the preview that follows it. Without scripts both numbers are typed and
// "Show what will happen" is clicked; the same dry run answers.
"use strict";

const CENT = 100000n; // stroops

const form = document.querySelector("form[data-whole]");
const slider = form.querySelector(".record-split");
const seller = form.elements.release_amount;
const buyer = form.elements.refund_amount;
const decision = form.elements.decision;

function inDollars(stroops) {
  const rest = String(stroops % 10000000n).padStart(7, "0").replace(/0{1,5}$/, "");
  return `${stroops / 10000000n}.${rest}`;
}

function inStroops(text) {
  const found = /^(\d{1,12})(?:\.(\d{1,7}))?$/.exec(text.trim());
  return found && BigInt(found[1]) * 10000000n + BigInt((found[2] || "").padEnd(7, "0"));
}

let waiting;
let asked = 0;

function preview() {
  clearTimeout(waiting);
  waiting = setTimeout(async () => {
    const mine = ++asked;
    const body = new FormData(form);
    body.set("previewed", "1");
    const answer = await fetch(location.href, { method: "POST", body });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const told = page.getElementById("consequences");
    if (told && mine === asked) document.getElementById("consequences").replaceWith(told);
  }, 300);
}

function split(whole) {
  const toSeller = ((whole * BigInt(slider.value)) / 1000n / CENT) * CENT;
  const given = slider.value === "1000" ? whole : toSeller;
  seller.value = inDollars(given);
  buyer.value = inDollars(whole - given);
}

function follow(whole, typed, other) {
  const given = inStroops(typed.value);
  if (given === null || given > whole) return;
  other.value = inDollars(whole - given);
  const toSeller = typed === seller ? given : whole - given;
  slider.value = String((toSeller * 1000n) / whole);
}

if (slider && form.dataset.whole) {
  const whole = BigInt(form.dataset.whole);
  slider.hidden = false;
  if (!seller.value && !buyer.value) split(whole);
  else follow(whole, seller, buyer);
  const questions = [slider, seller, buyer].map((one) => one.closest(".record-question"));
  const show = () => questions.forEach((one) => { one.hidden = decision.value !== "SPLIT"; });
  slider.addEventListener("input", () => { split(whole); preview(); });
  seller.addEventListener("input", () => { follow(whole, seller, buyer); preview(); });
  buyer.addEventListener("input", () => { follow(whole, buyer, seller); preview(); });
  decision.addEventListener("change", () => { show(); preview(); });
  show();
  preview();
}
