//! Many decisions on one roster: loads, rotations and the contacts' other sessions move on from one
//! to the next.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::num::NonZeroU32;

use hashbrown::{HashMap, HashSet};

use crate::{
    AgentHandle, Answer, ContactId, ContextKey, Decision, Engine, Facts, Input, Need, Request,
    Roster, RosterError, Rotation, Step, TeamId, TeamPlace, Timestamp, Turn, TurnBook,
    TurnCandidate,
};

/// Decides one session after the other on a roster that stays in memory.
///
/// What comes of it is what would come of deciding the same sessions one by one, with each
/// assignment counted before the next: [`Batch::place`] says so for each. In the ordinary course
/// that is an agent and nothing else, for the price of a look at the roster; whatever is out of the
/// ordinary goes the whole way, and comes with its decision.
///
/// The rotations are the caller's: a batch asks for the book of a rotation when it first needs it
/// ([`Placed::NeedsBook`]), moves it on, and gives it back in the end ([`Batch::into_books`]).
#[derive(Debug)]
pub struct Batch<'e> {
    engine: &'e Engine,
    trace: bool,
    books: Vec<Book>,
    places: HashMap<(ContextKey, Rotation), usize>,
    /// Contacts who were given an agent by this batch.
    contacts: HashSet<ContactId>,
    /// What holds for the sessions of each team, and of those without one, as long as nobody else
    /// changes the roster.
    cursors: HashMap<Option<TeamId>, Cursor>,
    last: Option<(Option<TeamId>, Cursor)>,
    roster_version: Option<u64>,
}

/// What became of one session of a batch.
#[derive(Debug, Clone, PartialEq)]
pub enum Placed {
    /// The ordinary course: the selector gave it to this agent, with the reason `selected`, without
    /// effects or warnings.
    Assigned(Placement),
    /// Anything else, or everything where a trace is wanted. If the outcome is `assign`, the agent
    /// is counted already.
    Decided(Box<Decision>, Option<Spent>),
    /// The batch lacks the book of this rotation: give it with [`Batch::put_book`], and try the
    /// session again. Nothing has changed.
    NeedsBook(ContextKey, Rotation),
    /// The session cannot be decided here: a rule of the host has to be asked, it is another
    /// tenant's, or its team is none of the roster's. Nothing has changed.
    NotHere,
}

/// An assignment in the ordinary course.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placement {
    /// Who gets it.
    pub agent: AgentHandle,
    /// The limit the agent was chosen under: whoever stores the assignment must hold it.
    pub limit: Option<NonZeroU32>,
}

/// A turn that a decision of a batch has taken, in a rotation other than the counter: to be given
/// back with [`Batch::give_back`] if the session cannot be assigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spent {
    key: (ContextKey, Rotation),
    candidates: Vec<TurnCandidate>,
    turn: Turn,
}

#[derive(Debug)]
struct Book {
    key: ContextKey,
    book: TurnBook,
}

/// What is known of a team.
#[derive(Debug, Clone, Copy)]
struct Cursor {
    place: TeamPlace,
    /// The place of the counter's book.
    counter: usize,
    limit: Option<NonZeroU32>,
    /// The instants at which the ordinary course is open to its sessions, the last excluded.
    open: (Timestamp, Timestamp),
}

impl<'e> Batch<'e> {
    /// A batch that has decided nothing yet.
    #[must_use]
    pub fn new(engine: &'e Engine) -> Self {
        Self {
            engine,
            trace: false,
            books: Vec::new(),
            places: HashMap::new(),
            contacts: HashSet::new(),
            cursors: HashMap::new(),
            last: None,
            roster_version: None,
        }
    }

    /// Records how each decision comes about. Then every session goes the whole way.
    #[must_use]
    pub fn with_trace(mut self) -> Self {
        self.trace = true;
        self
    }

    /// Gives the batch the book of a rotation, in the place of the one it had.
    pub fn put_book(&mut self, key: ContextKey, book: TurnBook) {
        let place = (key.clone(), book.rotation());
        match self.book(&place) {
            Some(kept) => *kept = book,
            None => {
                self.places.insert(place, self.books.len());
                self.books.push(Book { key, book });
            }
        }
    }

    /// The books as they are now.
    pub fn into_books(self) -> impl Iterator<Item = (ContextKey, TurnBook)> {
        self.books.into_iter().map(|kept| (kept.key, kept.book))
    }

    /// Decides the next session; an assignment is counted in `roster`.
    ///
    /// `contact_assigned` says whether the store knows of another assigned session of the contact's;
    /// those that this batch has assigned it knows itself.
    pub fn place(
        &mut self,
        roster: &mut Roster,
        request: &Request,
        contact_assigned: bool,
    ) -> Placed {
        let session = &request.session;
        if session.tenant_id != *roster.tenant_id() {
            return Placed::NotHere;
        }
        let special = contact_assigned
            || self.trace
            || request.force_override
            || request.reserve
            || !request.excluded.is_empty();
        let contact = session.contact_id.as_ref();
        // Noted before it is known whether the contact gets an agent: that is one look-up.
        let noted = contact.is_none_or(|contact| self.contacts.insert(contact.clone()));
        if !special
            && noted
            && let Some(placement) = self.ordinary(roster, request)
        {
            return Placed::Assigned(placement);
        }
        if let Some(contact) = contact.filter(|_| noted) {
            self.contacts.remove(contact);
        }
        let taken = contact.is_some() && (contact_assigned || !noted);
        self.whole(roster, request, taken)
    }

    /// The session could not be assigned after all: the agent does not have it, and its contact is
    /// free.
    pub fn undo(&mut self, roster: &mut Roster, request: &Request, agent: AgentHandle) {
        if let Some(contact) = &request.session.contact_id {
            self.contacts.remove(contact);
        }
        self.count(roster, |roster| roster.unassigned(agent));
    }

    /// Gives back a turn that came to nothing.
    pub fn give_back(&mut self, spent: &Spent) {
        if let Some(book) = self.book(&spent.key) {
            book.give_back(&spent.candidates, &spent.turn);
        }
    }

    fn ordinary(&mut self, roster: &mut Roster, request: &Request) -> Option<Placement> {
        if self.roster_version != Some(roster.version()) {
            self.cursors.clear();
            self.last = None;
            self.roster_version = Some(roster.version());
        }
        let cursor = self.cursor(roster, request)?;
        let book = &mut self.books.get_mut(cursor.counter)?.book;
        let agent = roster.ordinary_assign(cursor.place, |count| book.next_index(count))?;
        // Only counts have changed, of which the cursors hold nothing.
        self.roster_version = Some(roster.version());
        Some(Placement {
            agent,
            limit: cursor.limit,
        })
    }

    fn cursor(&mut self, roster: &Roster, request: &Request) -> Option<Cursor> {
        let team = &request.session.assigned_team_id;
        let holds = |cursor: &Cursor| (cursor.open.0..cursor.open.1).contains(&request.now);
        // Sessions of one team often follow each other: then no text is hashed.
        if let Some((_, last)) = self
            .last
            .as_ref()
            .filter(|(id, last)| id == team && holds(last))
        {
            return Some(*last);
        }
        let cursor = match self.cursors.get(team).filter(|known| holds(known)) {
            Some(known) => *known,
            None => {
                let found = self.look_up(roster, request)?;
                self.cursors.insert(team.clone(), found);
                found
            }
        };
        self.last = Some((team.clone(), cursor));
        Some(cursor)
    }

    /// What holds for the sessions of the request's team; `None` where the ordinary course is not
    /// theirs, or their counter's book is not here.
    fn look_up(&self, roster: &Roster, request: &Request) -> Option<Cursor> {
        let team = request.session.assigned_team_id.as_ref();
        let place = roster.team_place(team)?;
        let ordinary = self.engine.ordinary(roster, place, request.now)?;
        let key = (request.session.context_key(), Rotation::Counter);
        Some(Cursor {
            place,
            counter: *self.places.get(&key)?,
            limit: ordinary.limit,
            open: (request.now, ordinary.until),
        })
    }

    fn whole(&mut self, roster: &mut Roster, request: &Request, taken: bool) -> Placed {
        let facts = Facts {
            contact_assigned: Some(taken),
            ..Facts::default()
        };
        let input = Input {
            request,
            facts: &facts,
            roster: Some(roster),
            trace: self.trace,
        };
        let mut spent = None;
        let mut step = self.engine.start(input);
        let decision = loop {
            let (need, run) = match step {
                Step::Done(decision) => break decision,
                Step::Need(need, run) => (need, run),
            };
            let index = match need {
                Need::NextIndex {
                    context_key,
                    candidate_count,
                } => {
                    let key = (context_key, Rotation::Counter);
                    let Some(book) = self.book(&key) else {
                        return Placed::NeedsBook(key.0, key.1);
                    };
                    book.next_index(candidate_count)
                }
                Need::Turn {
                    context_key,
                    rotation,
                    candidates,
                } => {
                    let key = (context_key, rotation);
                    let Some(book) = self.book(&key) else {
                        return Placed::NeedsBook(key.0, key.1);
                    };
                    let turn = book.take(&candidates, request.now);
                    spent = turn.map(|turn| Spent {
                        key,
                        candidates,
                        turn,
                    });
                    turn.map(|turn| turn.index)
                }
                _ => None,
            };
            // Nothing that was taken can be out of range.
            let next = index.map(|index| self.engine.resume(run, input, Answer::NextIndex(index)));
            let Some(Ok(next)) = next else {
                return Placed::NotHere;
            };
            step = next;
        };
        if let Some(agent) = decision.agent
            && self.count(roster, |roster| roster.assigned(agent))
            && let Some(contact) = &request.session.contact_id
        {
            self.contacts.insert(contact.clone());
        }
        Placed::Decided(Box::new(decision), spent)
    }

    /// Changes the counts of an agent: of them the cursors hold nothing. False if there is no such
    /// agent any more.
    fn count(
        &mut self,
        roster: &mut Roster,
        change: impl FnOnce(&mut Roster) -> Result<(), RosterError>,
    ) -> bool {
        let ours = self.roster_version == Some(roster.version());
        let done = change(roster).is_ok();
        if ours {
            self.roster_version = Some(roster.version());
        }
        done
    }

    fn book(&mut self, key: &(ContextKey, Rotation)) -> Option<&mut TurnBook> {
        let place = *self.places.get(key)?;
        Some(&mut self.books.get_mut(place)?.book)
    }
}
