"""What happens beside `fit`: evaluation to scalars. Attention is `AttentionCallback`'s."""
