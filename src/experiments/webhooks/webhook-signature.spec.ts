import { webhookSignature } from './webhook-signature';

describe('webhookSignature', () => {
  const message = {
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestamp: 1_614_265_330,
    body: '{"test": 2432232314}',
  };

  it('is that of the example of Standard Webhooks', () => {
    expect(webhookSignature('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', message)).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    );
  });

  it('takes a secret without the prefix as its bytes', () => {
    const bytes = Buffer.from('a secret of ümlauts');
    expect(webhookSignature('a secret of ümlauts', message)).toBe(
      webhookSignature(`whsec_${bytes.toString('base64')}`, message),
    );
  });

  it.each([{ id: 'msg_other' }, { timestamp: 1_614_265_331 }, { body: '{"test":2432232314}' }])(
    'changes with %j',
    (change) => {
      const secret = 'sixteen characters';
      expect(webhookSignature(secret, { ...message, ...change })).not.toBe(webhookSignature(secret, message));
    },
  );
});
