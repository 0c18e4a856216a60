"""The law: for this record and this use, which verdict, and by which rule. Floor 1.

Pure: no IO, no clock, no environment; time enters as ``as_of``. This page leads through it in ten minutes.
``docs/law.md`` states each rule in words, with the test that holds it; ``law 7.3``, here and elsewhere, is its rule 7.3.

**Asked** is a ``Case`` (``case.py``: all that can change the decision on a record) for a ``Use`` (``uses.py``: acts, purpose, who asks,
where, for which application, and which obligations are accepted). **Answered** is ``permit``, ``deny`` or ``unknown`` for each act, the
worst of them for the whole, with reasons (``because.py``: each rule has a slug; the slug is the reason). Unknown never permits.

**The steps** of one act, in this order (``decide.py``). What one of them refused or lowered, no later one lifts.

1. *Forbids* (``forbids.FORBIDS``): any of them refuses, whatever else is stated. A forbid wins, always.

   ==================================  ===============================================================================
   ``consents_refuse``                 T0, T1: ``takedown``, ``withdrawn``, ``consent-refused``, ``consent-expired``; ``outside-consent``:
                                       a consent is a ceiling (``consent.ruling``)
   ``orders_and_parties_refuse``       explicit refusals of T0, T1 (exact copies' too) and of a contract's party, T2: ``reserved``
   ``gates_are_shut``                  ``unlawful``, ``evidence-missing``, ``person-unreadable``, ``no-legal-basis``
   ``persons_are_not_asked``           ``persons.refusals``: ``no-legal-basis``, ``consent-not-on-record``, ``not-scanned``,
                                       ``sensitive-application`` (no legal basis lifts that one)
   ==================================  ===============================================================================

2. *What each source states* (``offers.layer_stated``): its ordinary statements (T3 to T6), merged, **or** a grant beside them. Any of
   these is enough (``choose``), each with its own obligations only.

   ==================================  ===============================================================================
   ordinary (``claims.read``)          licences and reservations, all that is said: a refusal holds (``reserved``, ``license-denies``),
                                       what is unreadable, unreviewed or ambiguous blocks (``license-unreadable``, ...), silence is
                                       neutral (a statement about another place or time, an inferred one, a licence of a database)
   ``contracts``                       T2, in scope and in force: ``contract``
   ``permissions``, and the ledger     T2, a rights holder's consent, whole and not withdrawn: ``permission``
   ``statutory_bases``                 T7, applies and nothing defeats it (``bases.py``): ``statute``; else perhaps ``not-observed``
   ==================================  ===============================================================================

   The sources that a record came through (``layer``) *meet*: every one has to permit.
3. *Ceilings* (``ceilings.CEILINGS``): what is left, lowered by one after the other. They never permit.

   ==================================  ===============================================================================
   ``contested_by_exact_copies``       a contrary explicit licence of an exact copy leaves open: ``contested-copy``
   ``opened_by_near_copies``           so does what a near copy carries: ``near-copy-contested``
   ``opened_by_withdrawn_near_copies``  ``near-copy-withdrawn``
   ``newer_than_the_consent``          the act was not practised when its parent was consented to: ``newer-than-grant``
   ``found_personal_data``             a scan found some, and nobody stated a basis: it is owed to take it out
   ==================================  ===============================================================================

4. *Chains* (``decide._leaf``): the rows and sources of ancestors that the record came through meet with it.
5. *Collapse* (``values.collapse``): the best alternative of which every obligation is accepted (else ``obligation``,
   ``personal-data-found``) and whose result can go out under some licence (else ``outbound-clash``). Nothing stated: ``nothing-stated``.

**How statements combine**: the tables in ``values.py``. **What a claim is**: ``evidence.py`` (bounds, tiers) and ``statements.py`` (what
it states). **What a licence says**: ``licenses.py`` (verdicts, families, restrictions, places), ``expression.py`` (OR, AND, WITH).
**What words cover**: ``uses.py`` (acts and their parents, applications, places), ``undertakings.py`` (obligations, and to whom).
**Why**: ``why.py`` makes the reasons from the steps, when they are asked for. Reasons are sorted by tier (``because.first``).
**The same in short**: ``spec.py``; a test holds both to one answer. **Beside the law**: ``chains.py`` lists where a source is stated
wider than its ancestor, ``derive.py`` decides assets made of many records, ``review.py`` near copies, ``allow.py`` lists of names;
``columns.py``, ``notations.py``, ``named_persons.py``, ``reserving.py`` and ``terms.py`` read what others write.
"""
