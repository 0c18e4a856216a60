"""The law: for this record and this use, which verdict, and by which rule. Floor 1.

Pure: no IO, no clock, no environment; time enters as ``as_of``. This page leads through it in ten minutes.
``docs/law.md`` states each rule in words, with the test that holds it; ``law 7.3``, here and elsewhere, is its rule 7.3.

**Asked** is a ``Case`` (``case.py``: all that can change the decision on a record) for a ``Use`` (``uses.py``: acts, purpose, who asks,
where, for which application, and which obligations are accepted). **Answered** is ``permit``, ``deny`` or ``unknown`` for each act, the
worst of them for the whole, with reasons (``because.py``: each rule has a slug; the slug is the reason). Unknown never permits.

**The steps** of one act, in this order (``decide.py``).

1. *Forbids* (``forbids.FORBIDS``): any of them **denies**, whatever else is stated; no later step lifts it.

   ==================================  ===============================================================================
   ``consents_refuse``                 T0, T1: ``takedown``, ``withdrawn``, ``consent-refused``, ``consent-expired``; ``outside-consent``:
                                       a consent is a ceiling (``consent.ruling``). What a person withdrew, only a consent as that
                                       person gives back: none that is given as rights holder does
   ``orders_and_parties_refuse``       explicit refusals of T0, T1 (exact copies' too) and of a contract's party, T2: ``reserved``
   ``gates_are_shut``                  ``unlawful``, ``evidence-missing``, ``person-unreadable``, ``no-legal-basis``
   ``persons_are_not_asked``           ``persons.refusals``: ``no-legal-basis``, ``consent-not-on-record``, ``not-scanned``,
                                       ``sensitive-application`` (no legal basis lifts that one)
   ``source_has_ended``                ``source-retired``, ``retention-ended`` (``sources.py``): of the record's own source alone
   ==================================  ===============================================================================

2. *What each source states* (``offers.layer_stated``). Its ordinary statements *merge* (``claims.read``, T3 to T6): among them a refusal
   holds, then what cannot be read, then a permission; silence is neutral.

   ===========  =======================================================================================================
   **permit**   ``license``
   **deny**     ``reserved`` (T3 to T6), ``license-denies``, ``application-forbidden``
   **unknown**  blocked, whatever permits beside it: ``license-unreadable``, ``license-unreviewed``, ``license-unclear``, ``license-family``
                (a tag for several licences; silent beside one of its members, ``claims.effective``), the catalogue's labels
                ``license-unspecified``, ``license-custom``, ``license-various``, ``license-elsewhere``, ``access-status``,
                ``notice``; ``conditional``, ``ancestor-unknown``
   **unknown**  silent, so that another permission counts: ``nothing-stated``, ``outside-statement``, ``inferred-only`` (T6),
                ``guessed``, ``license-expired``, ``not-yet-valid``, ``territory``, ``contents-not-licensed``,
                ``compilation-only``. What such a licence refuses counts all the same. ``earlier-statement``: what a row stated
                before still refuses and blocks
   ===========  =======================================================================================================

   Beside that stand the grants of ``offers.OFFERS``. The better of all of them counts (``choose``), so a grant holds even against a
   ``reserved`` or ``license-denies`` of this step (never against a forbid), and with its own obligations only.

   ==================================  ===============================================================================
   ``contracts``                       T2, in scope and in force: **permit**, ``contract``; else ``outside-grant``
   ``permissions``, and the ledger     T2, a rights holder's consent: **permit**, ``permission``; else ``permission-incomplete``,
                                       ``permission-withdrawn``, ``outside-grant``
   ``statutory_bases``                 T7, applies and nothing defeats it (``bases.py``): **permit**, ``statute``; where nobody looked
                                       for a reservation it is silent, ``not-observed``
   ==================================  ===============================================================================

   The sources that a record came through (``layer``) *meet*: every one has to permit.
3. *Ceilings* (``ceilings.CEILINGS``): what is left, lowered by one after the other. They never permit.

   ==================================  ===============================================================================
   ``contested_by_exact_copies``       **unknown**: a contrary explicit licence of an exact copy, ``contested-copy``
   ``opened_by_near_copies``           **unknown**: what a near copy carries, ``near-copy-contested``
   ``opened_by_withdrawn_near_copies``  **unknown**: ``near-copy-withdrawn``
   ``newer_than_the_consent``          **unknown**: the act was not practised when its parent was consented to, ``newer-than-grant``
   ``found_personal_data``             a scan found some, and nobody stated a basis: redaction is owed (step 5)
   ==================================  ===============================================================================

4. *Chains* (``decide._leaf``): the rows and sources of ancestors that the record came through meet with it; a row that cannot be told
   apart counts as all rows of its source (``ancestor-row-unknown``).
5. *Collapse* (``values.collapse``): an alternative with an obligation that is not accepted (``obligation``, ``personal-data-found``), or
   with no licence left under which the result can go out (``outbound-clash``), counts as **deny**. The best alternative is the
   answer; blocked and silent are **unknown**.

Several reasons: those of the verdict, by tier, then in the order of ``because.REASONS``. A permission names every consent (``consent``,
T1) and reading that permits.

**What a copy brings** (12 in the law); everything else stays with its copy.

   ==================================  ===============================  ==================================================
   stated of the copy                  exact copy                       near copy
   ==================================  ===============================  ==================================================
   withdrawn, refused, taken down      deny                             unknown, ``near-copy-withdrawn``
   reservation of T0, T1               deny                             unknown, ``near-copy-contested``
   gate                                deny                             as above; of persons (``person-unreadable``): nothing
   reservation in the work, T3         as if stated of the record       unknown, ``near-copy-contested``
   reservation of a place, T4          nothing                          nothing
   explicit licence, T3 or T5          unknown where it is contrary     unknown where it is contrary, ``near-copy-contested``
   contract, consent, basis, T6        nothing                          nothing
   ==================================  ===============================  ==================================================

**How statements combine**: the tables in ``values.py``. **What a claim is**: ``evidence.py`` (bounds, tiers) and ``statements.py`` (what
it states). **What a licence says**: ``licenses.py`` (verdicts, families, restrictions, places), ``expression.py`` (OR, AND, WITH).
**What words cover**: ``uses.py`` (acts and their parents, applications, places), ``undertakings.py`` (obligations, and to whom).
**Why**: ``why.py`` makes the reasons from the steps, when they are asked for. Reasons are sorted by tier (``because.first``).
**The same in short**: ``spec.py``; a test holds both to one answer. **Beside the law**: ``chains.py`` lists where a source is stated
wider than its ancestor, ``derive.py`` decides assets made of many records, ``review.py`` near copies, ``allow.py`` lists of names;
``columns.py``, ``notations.py``, ``named_persons.py``, ``reserving.py`` and ``terms.py`` read what others write.
"""
