//! How a list of contracts becomes tests.

/// Makes tests of contracts, which are functions of the `World` of the file that lists them: one each with
/// the stand-in and, with the feature `judges`, one with the judge.
///
/// Where a judge departs from what the vendor documents, the list names the page and says in what; the judge
/// is then seen to break the contract, so that the list stays true.
macro_rules! contracts {
    (
        $(judge decides { $($decided:ident,)* })?
        $(judge departs from $page:literal { $($departed:ident: $departure:literal,)* })*
        $(nobody judges { $($unjudged:ident,)* })?
    ) => {
        mod stand_in {
            $($(contracts!(@stand_in $decided);)*)?
            $($(contracts!(@stand_in $departed);)*)*
            $($(contracts!(@stand_in $unjudged);)*)?
        }

        mod judge {
            $($(
                #[cfg_attr(feature = "judges", tokio::test)]
                #[cfg_attr(not(feature = "judges"), expect(dead_code, reason = "no judge is asked"))]
                async fn $decided() {
                    super::$decided(super::World::judge().await).await;
                }
            )*)?
        }

        mod judge_departs {
            $($(
                #[cfg_attr(feature = "judges", tokio::test)]
                #[cfg_attr(not(feature = "judges"), expect(dead_code, reason = "no judge is asked"))]
                async fn $departed() {
                    let contract = super::$departed(super::World::judge().await);
                    crate::contracts::is_broken(contract, concat!($departure, " (", $page, ")")).await;
                }
            )*)*
        }
    };

    (@stand_in $contract:ident) => {
        #[tokio::test]
        async fn $contract() {
            super::$contract(super::World::stand_in().await).await;
        }
    };
}

/// Sees a judge break a contract.
pub(crate) async fn is_broken(contract: impl Future<Output = ()> + Send + 'static, departure: &str) {
    let outcome = tokio::spawn(contract).await;
    assert!(outcome.is_err(), "the judge keeps this contract, though the list says that {departure}");
}

/// The URL of a judge, from the environment variable in which `tests/peers/run` puts it.
#[expect(clippy::disallowed_methods, reason = "the one place where the tests ask for what surrounds them")]
pub(crate) fn judge_at(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set: use tests/peers/run"))
}
