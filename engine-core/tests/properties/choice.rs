//! Who is chosen.

use proptest::prelude::*;

use crate::config;
use crate::generate::{json, world};
use crate::oracle::World;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn who_is_chosen_holds_to_the_contract(world in world(12), turn in any::<u32>()) {
        world.assert_holds(turn, &world.given(turn));
        world.assert_holds(turn, &world.kept(turn));
    }

    #[test]
    fn a_roster_decides_like_a_list(world in world(90), turn in any::<u32>()) {
        let (given, kept) = (world.given(turn), world.kept(turn));
        prop_assert_eq!(json(&given.0), json(&kept.0));
        prop_assert_eq!(given.1, kept.1);
    }

    #[test]
    fn the_order_of_the_input_changes_nothing(
        (world, shuffled) in world(30).prop_flat_map(|world| {
            let shuffled = Just(world.agents.clone()).prop_shuffle();
            (Just(world), shuffled)
        }),
        turn in any::<u32>(),
    ) {
        let other = World { agents: shuffled, ..world.clone() };
        prop_assert_eq!(json(&world.given(turn).0), json(&other.given(turn).0));
        prop_assert_eq!(json(&world.kept(turn).0), json(&other.kept(turn).0));
    }
}
